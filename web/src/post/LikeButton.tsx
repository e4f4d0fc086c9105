import { Icon } from '../icon/Icon.tsx'
import { useCountFormat, useDictionary } from '../language/language.ts'

/** Of a post or a comment. Its name carries the count; that it is pressed is said by its state. */
export function LikeButton({
  liked,
  count,
  onToggle,
}: {
  liked: boolean
  count: number
  onToggle: () => void
}) {
  const { post } = useDictionary()
  const format = useCountFormat()
  return (
    <button
      type="button"
      className="count-button like-button"
      aria-pressed={liked}
      aria-label={post.like(format(count))}
      onClick={onToggle}
    >
      <Icon name="heart" filled={liked} />
      <span aria-hidden="true">{format(count)}</span>
    </button>
  )
}
