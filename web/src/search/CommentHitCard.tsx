import type { CommentHit } from '@dailyfeed/contract/comment'
import { Link } from '@tanstack/react-router'
import { useId } from 'react'
import { useDictionary } from '../language/language.ts'
import { LinkedText } from '../ui/LinkedText.tsx'
import { Byline } from '../member/Byline.tsx'

/** A comment in the search results, with a link to it on its post. */
export function CommentHitCard({ hit }: { hit: CommentHit }) {
  const { comment } = useDictionary()
  const nameId = useId()
  return (
    <article className="card post" aria-labelledby={nameId}>
      <h2 id={nameId} className="visually-hidden">
        {comment.by(hit.authorName)}
      </h2>
      <Byline
        name={hit.authorName}
        handle={hit.authorHandle}
        avatarUrl={hit.authorAvatarUrl}
        instant={hit.createdAt}
        isEdited={hit.updatedAt !== hit.createdAt}
      />
      <LinkedText text={hit.content} />
      <p className="hit-origin">
        <Link
          to="/posts/$postId"
          params={{ postId: String(hit.postId) }}
          search={{ comment: hit.id }}
        >
          {hit.postTitle === '' ? comment.onPost : comment.on(hit.postTitle)}
        </Link>
      </p>
    </article>
  )
}
