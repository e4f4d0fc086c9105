import type { Post } from '@dailyfeed/contract/post'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type MouseEvent, useId, useState } from 'react'
import { Icon } from '../icon/Icon.tsx'
import { useCountFormat, useDictionary } from '../language/language.ts'
import { Byline } from '../member/Byline.tsx'
import { useMe } from '../session/me.ts'
import { announce } from '../ui/announce.ts'
import { DeleteDialog } from '../ui/DeleteDialog.tsx'
import { EditAndDelete } from '../ui/EditAndDelete.tsx'
import { useFocusOnClose } from '../ui/focus.ts'
import { LikeButton } from './LikeButton.tsx'
import { PostEditor } from './PostEditor.tsx'
import { PostText } from './PostText.tsx'
import { deletePost, likePost } from './posts.ts'
import { useLikeFailure } from './useLikeFailure.ts'

type Mode = 'READING' | 'EDITING' | 'DELETING'

interface PostCardProps {
  post: Post
  /** On its own page a post is shown in full and does not link to itself. */
  isDetail?: boolean
  onDeleted?: () => void
}

export function PostCard({ post, isDetail = false, onDeleted }: PostCardProps) {
  const { post: t } = useDictionary()
  const client = useQueryClient()
  const isMine = useMe()?.memberId === post.authorId
  const headingId = useId()
  const [mode, setMode] = useState<Mode>('READING')
  const editButton = useFocusOnClose(mode === 'EDITING')
  const openByMouse = useOpenByMouse(post.id)
  const read = () => setMode('READING')

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard uses the links in the card
    <article
      className={isDetail ? 'card post' : 'card post post-open'}
      aria-labelledby={headingId}
      onClick={isDetail || mode !== 'READING' ? undefined : openByMouse}
    >
      <header className="post-head">
        <Byline
          name={post.authorName}
          handle={post.authorHandle}
          avatarUrl={post.authorAvatarUrl}
          instant={post.createdAt}
          postId={isDetail ? undefined : post.id}
          isEdited={post.updatedAt !== post.createdAt}
        />
        {isMine && mode !== 'EDITING' && (
          <div className="post-tools">
            <EditAndDelete
              editButton={editButton}
              editLabel={t.edit}
              onEdit={() => setMode('EDITING')}
              deleteLabel={t.delete}
              onDelete={() => setMode('DELETING')}
            />
          </div>
        )}
      </header>
      {mode === 'EDITING' ? (
        <>
          <h2 id={headingId} className="visually-hidden">
            {t.edit}
          </h2>
          <PostEditor post={post} onClose={read} />
        </>
      ) : (
        <PostText post={post} isDetail={isDetail} headingId={headingId} />
      )}
      <PostFooter post={post} />
      {mode === 'DELETING' && (
        <DeleteDialog
          question={t.deleteQuestion}
          consequence={t.deleteConsequence}
          onConfirm={async () => {
            await deletePost(client, post.id)
            announce(t.deleted)
            onDeleted?.()
          }}
          onClose={read}
        />
      )}
    </article>
  )
}

/** A click on the card opens the post, unless it hits a control or ends a text selection. */
function useOpenByMouse(postId: number): (event: MouseEvent) => void {
  const navigate = useNavigate()
  return ({ target }) => {
    const isControl =
      target instanceof Element &&
      target.closest('a, button, input, textarea, dialog, form') !== null
    if (isControl || getSelection()?.isCollapsed === false) return
    void navigate({ to: '/posts/$postId', params: { postId: String(postId) } })
  }
}

function PostFooter({ post }: { post: Post }) {
  const { post: t } = useDictionary()
  const format = useCountFormat()
  const client = useQueryClient()
  const onLikeFailure = useLikeFailure()
  return (
    <footer className="post-foot">
      <LikeButton
        liked={post.liked}
        count={post.likeCount}
        onToggle={() => likePost(client, post, onLikeFailure)}
      />
      <Link
        to="/posts/$postId"
        params={{ postId: String(post.id) }}
        hash="comments"
        className="count-button"
        aria-label={t.comments(format(post.commentCount))}
      >
        <Icon name="comment" />
        <span aria-hidden="true">{format(post.commentCount)}</span>
      </Link>
      <span className="post-views">{t.views(format(post.viewCount))}</span>
    </footer>
  )
}
