import { randomBytes } from 'node:crypto'
import { eraseDeadLettersOf } from '@dailyfeed/event-listener/dead-letter-erasure.queries'
import { traceparentOf } from '@dailyfeed/http-server/trace'
import { deleteKeysOf } from '@dailyfeed/idempotency/idempotency-key.queries'
import { insertEvents } from '@dailyfeed/outbox/outbox'
import { eraseOutboxOf } from '@dailyfeed/outbox/outbox-erasure.queries'
import { inTransaction, type Queryable } from '@dailyfeed/postgres-support/queryable'
import { deletionEventsOf } from '../comment/comment-events.ts'
import type { ContentContext } from '../context.ts'
import {
  eraseComments,
  eraseLikes,
  erasePosts,
  findErasableMembers,
  lockPostsOf,
} from './erasure.queries.ts'

type ErasureContext = Pick<ContentContext, 'sql' | 'newEventOf' | 'wakeRelay'>

/**
 * content-svc's part of `memberEraseJob`: erases the posts, comments and likes of withdrawn
 * members, each member in one transaction. An interrupted run is completed by the next one, and a
 * repeated run changes nothing.
 */
export async function eraseMembers(context: ErasureContext): Promise<{ posts: number }> {
  const { sql, wakeRelay } = context
  const members = await findErasableMembers(sql)
  const traceparent = traceparentOf(randomBytes(16).toString('hex'))
  let posts = 0
  for (const memberId of members)
    posts += await inTransaction(sql, (transaction) =>
      eraseMember(transaction, context, memberId, traceparent),
    )
  if (members.length > 0) {
    await eraseOutboxOf(sql, 'content', members)
    await eraseDeadLettersOf(sql, 'content', members)
    wakeRelay()
  }
  return { posts }
}

/**
 * Publishes one COMMENT_DELETE for each reply of another member that is erased with its parent, so
 * that search-svc and activity-svc remove it too. Returns how many posts were erased.
 */
async function eraseMember(
  transaction: Queryable,
  { newEventOf }: ErasureContext,
  memberId: number,
  traceparent: string,
): Promise<number> {
  await lockPostsOf(transaction, memberId)
  const commentsOfOthers = await eraseComments(transaction, memberId)
  await eraseLikes(transaction, memberId)
  const posts = await erasePosts(transaction, memberId)
  await deleteKeysOf(transaction, 'content', [memberId])
  const events = deletionEventsOf(commentsOfOthers, newEventOf, traceparent)
  await insertEvents(transaction, 'content', events)
  return posts
}
