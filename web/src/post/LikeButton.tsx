import { Icon } from '../icon/Icon.tsx'
import { useCountFormat, useDictionary } from '../language/language.ts'

interface LikeButtonProps {
  liked: boolean
  count: number
  onToggle: () => void
}

/** The like button of a post or comment. Its name contains the count; `aria-pressed` says whether it is liked. */
export function LikeButton({ liked, count, onToggle }: LikeButtonProps) {
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
