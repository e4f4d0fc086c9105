import { randomBytes } from 'node:crypto'
import { type BatchBounds, batchesOf } from '@dailyfeed/concurrency/bounded-batch'
import { workInParts } from '@dailyfeed/concurrency/work-in-parts'
import { eraseDeadLettersOf } from '@dailyfeed/event-listener/dead-letter-erasure.queries'
import { traceparentOf } from '@dailyfeed/http-server/trace'
import { deleteKeysOf } from '@dailyfeed/idempotency/idempotency-key.queries'
import { insertEvents } from '@dailyfeed/outbox/outbox'
import { eraseOutboxOf } from '@dailyfeed/outbox/outbox-erasure.queries'
import { deleteInBatches, inBoundedBatches } from '@dailyfeed/postgres-support/bounded-batches'
import { isExcessiveWork } from '@dailyfeed/postgres-support/fault'
import { anyOf, inTransaction, type Queryable } from '@dailyfeed/postgres-support/queryable'
import { deletionEventsOf } from '../comment/comment-events.ts'
import type { ContentContext } from '../context.ts'
import {
  eraseCommentLikes,
  eraseComments,
  erasePostLikes,
  erasePosts,
  findCommentsOn,
  findErasableComments,
  findErasableMembers,
  findPostsOf,
  lockPosts,
  lockPostsOfComments,
} from './erasure.queries.ts'

type ErasureContext = Pick<ContentContext, 'sql' | 'newEventOf' | 'wakeRelay'>

/** Ids of one search. Deleted rows have no index of their author, so that a search may read a whole table. */
const FOUND_AT_ONCE = 10_000
/** Comments, or posts, of one transaction: few, so that no post stays locked for long. */
const ERASED_AT_ONCE: BatchBounds = { items: 500, bytes: Number.POSITIVE_INFINITY }
const WITHOUT_LIMIT = { batch: 1_000, milliseconds: Number.POSITIVE_INFINITY }

/**
 * content-svc's part of `memberEraseJob`: erases the posts, comments and likes of withdrawn members, in many short
 * transactions. An interrupted run is completed by the next one, and a repeated run changes nothing.
 */
export async function eraseMembers(context: ErasureContext): Promise<{ posts: number }> {
  const { sql, wakeRelay } = context
  const members = await findErasableMembers(sql)
  const traceparent = traceparentOf(randomBytes(16).toString('hex'))
  let posts = 0
  for (const memberId of members) posts += await eraseMember(context, memberId, traceparent)
  if (members.length > 0) {
    await eraseOutboxOf(sql, 'content', members)
    await eraseDeadLettersOf(sql, 'content', members)
    wakeRelay()
  }
  return { posts }
}

/** Returns how many posts were erased. */
async function eraseMember(
  context: ErasureContext,
  memberId: number,
  traceparent: string,
): Promise<number> {
  const { sql } = context
  await inParts(
    () => findErasableComments(sql, memberId, FOUND_AT_ONCE),
    (commentIds) =>
      inTransaction(sql, async (transaction) => {
        await lockPostsOfComments(transaction, commentIds)
        await eraseAndPublish(transaction, context, { commentIds, memberId, traceparent })
      }),
  )
  await inBoundedBatches((limit) => erasePostLikes(sql, memberId, limit), WITHOUT_LIMIT)
  await inBoundedBatches((limit) => eraseCommentLikes(sql, memberId, limit), WITHOUT_LIMIT)
  let posts = 0
  await inParts(
    () => findPostsOf(sql, memberId, FOUND_AT_ONCE),
    async (postIds) => {
      // The likes of one post may be a million.
      await deleteInBatches(
        sql,
        'content.post_like',
        sql`post_id = any (${anyOf(postIds)}::bigint[])`,
      )
      posts += await inTransaction(sql, async (transaction) => {
        await lockPosts(transaction, postIds)
        const commentIds = await findCommentsOn(transaction, postIds)
        await eraseAndPublish(transaction, context, { commentIds, memberId, traceparent })
        return erasePosts(transaction, postIds)
      })
    },
  )
  await deleteKeysOf(sql, 'content', [memberId])
  return posts
}

/** Erases everything that `find` finds, and halves a part whose statements take too long. */
async function inParts(
  find: () => Promise<number[]>,
  erase: (ids: readonly number[]) => Promise<void>,
): Promise<void> {
  for (;;) {
    const ids = await find()
    for (const part of batchesOf(ids, () => 0, ERASED_AT_ONCE))
      await workInParts(part, erase, { isDivisible: isExcessiveWork })
    if (ids.length < FOUND_AT_ONCE) return
  }
}

/**
 * Publishes one COMMENT_DELETE for each comment of another member that is erased with a parent or a post, so that
 * search-svc and activity-svc remove it too.
 */
async function eraseAndPublish(
  transaction: Queryable,
  { newEventOf }: ErasureContext,
  erased: { commentIds: readonly number[]; memberId: number; traceparent: string },
): Promise<void> {
  if (erased.commentIds.length === 0) return
  const ofOthers = await eraseComments(transaction, erased.commentIds, erased.memberId)
  const events = deletionEventsOf(ofOthers, newEventOf, erased.traceparent)
  await insertEvents(transaction, 'content', events)
}
