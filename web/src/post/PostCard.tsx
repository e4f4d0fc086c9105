import type { Post } from '@dailyfeed/contract/post'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type MouseEvent, useId, useState } from 'react'
import { Icon } from '../icon/Icon.tsx'
import { useCountFormat, useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { DeleteDialog } from '../layout/DeleteDialog.tsx'
import { useFocusAfter } from '../layout/focus.ts'
import { LinkedText } from '../layout/LinkedText.tsx'
import { Byline } from '../member/Byline.tsx'
import { sentenceOf } from '../server/failure.ts'
import { useMe } from '../session/me.ts'
import { LikeButton } from './LikeButton.tsx'
import { PostEditor } from './PostEditor.tsx'
import { deletePost, likePost } from './posts.ts'

/** Longer posts are cut in lists, with a way to read on. About eight lines of the card, thirteen on a phone. */
const EXCERPT_LENGTH = 300

interface PostCardProps {
  post: Post
  /** On its own page a post is whole and does not link to itself. */
  whole?: boolean
  onDeleted?: () => void
}

export function PostCard({ post, whole = false, onDeleted }: PostCardProps) {
  const dictionary = useDictionary()
  const format = useCountFormat()
  const client = useQueryClient()
  const navigate = useNavigate()
  const isMine = useMe()?.memberId === post.authorId
  const headingId = useId()
  const [doing, setDoing] = useState<'READING' | 'EDITING' | 'DELETING'>('READING')
  const editButton = useFocusAfter(doing === 'EDITING')
  const params = { postId: String(post.id) }

  const like = () =>
    likePost(client, post, (error, on) =>
      announce(
        `${on ? dictionary.failure.likeUndone : dictionary.failure.unlikeUndone} ${sentenceOf(error, dictionary)}`,
        'FAILED',
      ),
    )

  // A convenience of the mouse: keyboard and screen reader have the links in the card.
  const openByMouse = (event: MouseEvent) => {
    const isControl =
      event.target instanceof Element &&
      event.target.closest('a, button, input, textarea, dialog, form') !== null
    if (whole || isControl || doing !== 'READING' || getSelection()?.isCollapsed === false) return
    void navigate({ to: '/posts/$postId', params })
  }

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: see openByMouse
    <article
      className={whole ? 'card post' : 'card post post-open'}
      aria-labelledby={headingId}
      onClick={openByMouse}
    >
      <header className="post-head">
        <Byline
          name={post.authorName}
          handle={post.authorHandle}
          avatarUrl={post.authorAvatarUrl}
          instant={post.createdAt}
          postId={whole ? undefined : post.id}
          isEdited={post.updatedAt !== post.createdAt}
        />
        {isMine && doing !== 'EDITING' && (
          <div className="post-tools">
            <button
              ref={editButton}
              type="button"
              className="icon-button"
              aria-label={dictionary.post.edit}
              title={dictionary.post.edit}
              onClick={() => setDoing('EDITING')}
            >
              <Icon name="pencil" />
            </button>
            <button
              type="button"
              className="icon-button"
              aria-label={dictionary.post.delete}
              title={dictionary.post.delete}
              onClick={() => setDoing('DELETING')}
            >
              <Icon name="bin" />
            </button>
          </div>
        )}
      </header>
      {doing === 'EDITING' ? (
        <>
          <h2 id={headingId} className="visually-hidden">
            {dictionary.post.edit}
          </h2>
          <PostEditor post={post} onClose={() => setDoing('READING')} />
        </>
      ) : (
        <>
          <h2 id={headingId} className={post.title === '' ? 'visually-hidden' : 'post-title'}>
            {post.title === '' ? (
              dictionary.post.by(post.authorName)
            ) : whole ? (
              post.title
            ) : (
              <Link to="/posts/$postId" params={params}>
                {post.title}
              </Link>
            )}
          </h2>
          <PostText content={post.content} whole={whole} postId={params.postId} />
        </>
      )}
      <footer className="post-foot">
        <LikeButton liked={post.liked} count={post.likeCount} onToggle={like} />
        <Link
          to="/posts/$postId"
          params={params}
          hash="comments"
          className="count-button"
          aria-label={dictionary.post.comments(format(post.commentCount))}
        >
          <Icon name="comment" />
          <span aria-hidden="true">{format(post.commentCount)}</span>
        </Link>
        <span className="post-views">{dictionary.post.views(format(post.viewCount))}</span>
      </footer>
      {doing === 'DELETING' && (
        <DeleteDialog
          question={dictionary.post.deleteQuestion}
          consequence={dictionary.post.deleteConsequence}
          act={async () => {
            await deletePost(client, post.id)
            announce(dictionary.post.deleted)
            onDeleted?.()
          }}
          onClose={() => setDoing('READING')}
        />
      )}
    </article>
  )
}

function PostText({ content, whole, postId }: { content: string; whole: boolean; postId: string }) {
  const { act } = useDictionary()
  const points = Array.from(content)
  if (whole || points.length <= EXCERPT_LENGTH) return <LinkedText text={content} />
  return (
    <p className="post-text">
      {points.slice(0, EXCERPT_LENGTH).join('').trimEnd()}…{' '}
      <Link to="/posts/$postId" params={{ postId }}>
        {act.readOn}
      </Link>
    </p>
  )
}
