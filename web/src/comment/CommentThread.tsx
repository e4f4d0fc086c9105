import { MAX_COMMENT_DEPTH } from './depth.ts'
import type { Comment } from '@dailyfeed/contract/comment'
import { useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { Icon } from '../icon/Icon.tsx'
import { useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { DeleteDialog } from '../layout/DeleteDialog.tsx'
import { useFocusAfter } from '../layout/focus.ts'
import { LinkedText } from '../layout/LinkedText.tsx'
import { Byline } from '../member/Byline.tsx'
import { LikeButton } from '../post/LikeButton.tsx'
import { sentenceOf } from '../server/failure.ts'
import { useMe } from '../session/me.ts'
import { CommentForm } from './CommentForm.tsx'
import { createComment, deleteComment, likeComment, updateComment } from './comments.ts'
import { Replies } from './Replies.tsx'

type Doing = 'READING' | 'EDITING' | 'DELETING' | 'REPLYING'

/** A comment with what was said below it. */
export function CommentThread({ comment }: { comment: Comment }) {
  const dictionary = useDictionary()
  const { comment: words, failure } = dictionary
  const client = useQueryClient()
  const isMine = useMe()?.memberId === comment.authorId
  const nameId = useId()
  const [doing, setDoing] = useState<Doing>('READING')
  const editButton = useFocusAfter(doing === 'EDITING')
  const replyButton = useFocusAfter(doing === 'REPLYING')

  const like = () =>
    likeComment(client, comment, (error, on) =>
      announce(
        `${on ? failure.likeUndone : failure.unlikeUndone} ${sentenceOf(error, dictionary)}`,
        'FAILED',
      ),
    )

  return (
    <article className="comment" aria-labelledby={nameId}>
      <h3 id={nameId} className="visually-hidden">
        {words.by(comment.authorName)}
      </h3>
      <Byline
        name={comment.authorName}
        handle={comment.authorHandle}
        avatarUrl={comment.authorAvatarUrl}
        instant={comment.createdAt}
        isEdited={comment.updatedAt !== comment.createdAt}
        avatarSize={comment.depth === 0 ? 36 : 30}
      />
      <div className="comment-body">
        {doing === 'EDITING' ? (
          <CommentForm
            label={words.content}
            sendLabel={dictionary.act.save}
            sendingLabel={dictionary.act.saving}
            initial={comment.content}
            autoFocus
            onSend={async (content) => {
              await updateComment(client, comment.id, content)
              announce(words.updated)
              setDoing('READING')
            }}
            onCancel={() => setDoing('READING')}
          />
        ) : (
          <LinkedText text={comment.content} />
        )}
        <div className="comment-foot">
          <LikeButton liked={comment.liked} count={comment.likeCount} onToggle={like} />
          {comment.depth < MAX_COMMENT_DEPTH && (
            <button
              ref={replyButton}
              type="button"
              className="count-button"
              aria-label={words.replyTo(comment.authorName)}
              aria-expanded={doing === 'REPLYING'}
              onClick={() => setDoing(doing === 'REPLYING' ? 'READING' : 'REPLYING')}
            >
              <Icon name="comment" />
              <span aria-hidden="true">{words.reply}</span>
            </button>
          )}
          {isMine && doing !== 'EDITING' && (
            <>
              <button
                ref={editButton}
                type="button"
                className="icon-button"
                aria-label={words.edit}
                title={words.edit}
                onClick={() => setDoing('EDITING')}
              >
                <Icon name="pencil" />
              </button>
              <button
                type="button"
                className="icon-button"
                aria-label={words.delete}
                title={words.delete}
                onClick={() => setDoing('DELETING')}
              >
                <Icon name="bin" />
              </button>
            </>
          )}
        </div>
        {doing === 'REPLYING' && (
          <CommentForm
            label={words.writeReply(comment.authorName)}
            sendLabel={words.sendReply}
            sendingLabel={words.sending}
            autoFocus
            onSend={async (content, key) => {
              await createComment(
                client,
                { content, postId: comment.postId, parentId: comment.id },
                key,
              )
              announce(words.replySent)
              setDoing('READING')
            }}
            onCancel={() => setDoing('READING')}
          />
        )}
      </div>
      {comment.replyCount > 0 && comment.depth < MAX_COMMENT_DEPTH && <Replies parent={comment} />}
      {doing === 'DELETING' && (
        <DeleteDialog
          question={words.deleteQuestion}
          consequence={words.deleteConsequence}
          act={async () => {
            await deleteComment(client, comment)
            announce(words.deleted)
          }}
          onClose={() => setDoing('READING')}
        />
      )}
    </article>
  )
}
