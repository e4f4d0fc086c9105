import { Link } from '@tanstack/react-router'
import { useDictionary } from '../language/language.ts'
import { RelativeTime } from '../time/RelativeTime.tsx'
import { Avatar } from './Avatar.tsx'

interface BylineProps {
  name: string
  handle: string
  avatarUrl: string | null
  instant: string
  isEdited: boolean
  /** Makes the time a link to the post. */
  postId?: number | undefined
  avatarSize?: number
}

/** The author of a post or comment, and its time. */
export function Byline({
  name,
  handle,
  avatarUrl,
  instant,
  isEdited,
  postId,
  avatarSize,
}: BylineProps) {
  const { post } = useDictionary()
  const time = <RelativeTime instant={instant} />
  return (
    <div className="byline">
      {/* The name beside it is the same link, so the keyboard stops there alone. */}
      <Link to="/members/$handle" params={{ handle }} tabIndex={-1} aria-hidden="true">
        <Avatar
          name={name}
          url={avatarUrl}
          {...(avatarSize !== undefined && { size: avatarSize })}
        />
      </Link>
      <div className="byline-text">
        <Link to="/members/$handle" params={{ handle }} className="byline-name">
          {name}
        </Link>
        <span className="byline-more">
          <span className="byline-handle">@{handle}</span>
          <span aria-hidden="true">·</span>
          {postId === undefined ? (
            time
          ) : (
            <Link to="/posts/$postId" params={{ postId: String(postId) }}>
              {time}
            </Link>
          )}
          {isEdited && <span>({post.edited})</span>}
        </span>
      </div>
    </div>
  )
}
