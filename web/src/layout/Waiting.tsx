import { useDictionary } from '../language/language.ts'

/** Grey shapes of what is to come. CSS keeps them invisible for the first 200 ms, so that a quick answer shows no flicker. */
export function Waiting({ rows = 3, shape = 'card' }: { rows?: number; shape?: 'card' | 'row' }) {
  const { state } = useDictionary()
  return (
    <div className="waiting" role="status">
      <span className="visually-hidden">{state.loading}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: rows without identity
          key={row}
          className={shape === 'card' ? 'card skeleton' : 'skeleton skeleton-row'}
          aria-hidden="true"
        >
          <div className="skeleton-circle" />
          <div className="skeleton-lines">
            <div className="skeleton-line" />
            <div className="skeleton-line" />
          </div>
        </div>
      ))}
    </div>
  )
}
