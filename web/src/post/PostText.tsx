import type { Post } from '@dailyfeed/contract/post'
import { Link } from '@tanstack/react-router'
import { useDictionary } from '../language/language.ts'
import { LinkedText } from '../ui/LinkedText.tsx'
import { truncate } from '../ui/typing.ts'

/** Code points of a post in a list: about eight lines of the card, thirteen on a phone. */
const EXCERPT_LENGTH = 300

interface PostTextProps {
  post: Post
  isDetail: boolean
  headingId: string
}

/** Title and text; in lists a long text is cut, with a link to the rest. */
export function PostText({ post, isDetail, headingId }: PostTextProps) {
  const { post: t, action } = useDictionary()
  const params = { postId: String(post.id) }
  const excerpt = isDetail ? post.content : truncate(post.content, EXCERPT_LENGTH)
  return (
    <>
      <h2 id={headingId} className={post.title === '' ? 'visually-hidden' : 'post-title'}>
        {post.title === '' ? (
          t.by(post.authorName)
        ) : isDetail ? (
          post.title
        ) : (
          <Link to="/posts/$postId" params={params}>
            {post.title}
          </Link>
        )}
      </h2>
      {excerpt === post.content ? (
        <LinkedText text={post.content} />
      ) : (
        <p className="user-text">
          {excerpt}{' '}
          <Link to="/posts/$postId" params={params}>
            {action.readMore}
          </Link>
        </p>
      )}
    </>
  )
}
