import { randomBytes } from 'node:crypto'
import { eraseDeadLettersOf } from '@dailyfeed/event-listener/dead-letter-erasure.queries'
import { eraseOutboxOf } from '@dailyfeed/outbox/outbox-erasure.queries'
import { insertEvents } from '@dailyfeed/outbox/outbox'
import { traceparentOf } from '@dailyfeed/http-server/trace'
import { deleteKeysOf } from '@dailyfeed/idempotency/idempotency-key.queries'
import type { Sql } from 'postgres'
import type { ContentContext } from '../context.ts'
import {
  eraseComments,
  eraseLikes,
  erasePosts,
  findErasableMembers,
  lockPostsOf,
} from './erasure.queries.ts'

/**
 * content-svc's part of `memberEraseJob`: all that a member wrote and liked, each member in one transaction. Replies of
 * others that go along are told as deletions, so that search and activities follow. Safe twice and when killed.
 */
export async function eraseMembers({
  sql,
  newEventOf,
  wakeRelay,
}: Pick<ContentContext, 'sql' | 'newEventOf' | 'wakeRelay'>): Promise<{ posts: number }> {
  const members = await findErasableMembers(sql)
  const traceparent = traceparentOf(randomBytes(16).toString('hex'))
  let posts = 0
  for (const memberId of members) {
    posts += (await sql.begin(async (begun) => {
      const transaction = begun as unknown as Sql
      await lockPostsOf(transaction, memberId)
      const ofOthers = await eraseComments(transaction, memberId)
      await eraseLikes(transaction, memberId)
      const erased = await erasePosts(transaction, memberId)
      await deleteKeysOf(transaction, 'content', [memberId])
      await insertEvents(
        transaction,
        'content',
        ofOthers.map((row) => {
          const subject = { memberId: row.author_id, postId: row.post_id, commentId: row.id }
          const event = newEventOf('COMMENT_DELETE', { ...subject, traceparent })
          return {
            ...event,
            ...subject,
            version: row.version,
            createdAt: row.created_at,
            updatedAt: row.updated_at,
          }
        }),
      )
      return erased
    })) as number
  }
  if (members.length > 0) {
    await eraseOutboxOf(sql, 'content', members)
    await eraseDeadLettersOf(sql, 'content', members)
    wakeRelay()
  }
  return { posts }
}
