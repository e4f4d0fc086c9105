import { useDictionary } from '../language/language.ts'
import { countCodePoints } from './typing.ts'

/** Screen readers read the rest out only when so few characters or fewer are left. */
const ANNOUNCED_BELOW = 20

/** Shows the length of a text and its limit, both in code points. */
export function CharacterCounter({ text, limit }: { text: string; limit: number }) {
  const { state } = useDictionary()
  const used = countCodePoints(text)
  const remaining = limit - used
  const announced =
    remaining < 0
      ? state.tooLong(-remaining)
      : remaining <= ANNOUNCED_BELOW
        ? state.charactersLeft(remaining)
        : ''
  return (
    <span className={remaining < 0 ? 'counter counter-over' : 'counter'}>
      <span aria-hidden="true">
        {used.toLocaleString()} / {limit.toLocaleString()}
      </span>
      <span className="visually-hidden" aria-live="polite">
        {announced}
      </span>
    </span>
  )
}
