import { useDictionary } from '../language/language.ts'

interface SkeletonProps {
  rows?: number
  shape?: 'card' | 'row'
}

/** Placeholders while a list loads. CSS hides them for the first 200 ms, so that a quick response causes no flicker. */
export function Skeleton({ rows = 3, shape = 'card' }: SkeletonProps) {
  const { state } = useDictionary()
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">{state.loading}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows have no identity
          key={row}
          className={shape === 'card' ? 'card skeleton-item' : 'skeleton-item skeleton-row'}
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
