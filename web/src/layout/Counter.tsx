import { useDictionary } from '../language/language.ts'
import { codePointsIn } from './typing.ts'

/** Only the last of it is worth an interruption. */
const SPOKEN_BELOW = 20

/** How much of the limit is used. Screen readers hear of it only near the end. */
export function Counter({ text, limit }: { text: string; limit: number }) {
  const { state } = useDictionary()
  const used = codePointsIn(text)
  const left = limit - used
  return (
    <span className={left < 0 ? 'counter counter-over' : 'counter'}>
      <span aria-hidden="true">
        {used.toLocaleString()} / {limit.toLocaleString()}
      </span>
      <span className="visually-hidden" aria-live="polite">
        {left < 0 ? state.tooLong(-left) : left <= SPOKEN_BELOW ? state.unsavedCounter(left) : ''}
      </span>
    </span>
  )
}
