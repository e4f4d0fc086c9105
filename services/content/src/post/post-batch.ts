import { type BatchBounds, batchFrom } from '@dailyfeed/concurrency/bounded-batch'
import { withoutDeadline } from '@dailyfeed/concurrency/request-deadline'
import { isRefusal } from '@dailyfeed/postgres-support/fault'
import type { PostRow } from '@dailyfeed/post-row/post-row'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { insertPost, insertPosts, type NewPost } from './post.queries.ts'

/** With two, one runs while the next is collected; more would only make batches smaller. */
const STATEMENTS_AT_ONCE = 2
/** Posts of the maximum length have 15 kB each. */
const STATEMENT: BatchBounds = { items: 64, bytes: 512 * 1_024 }

export interface PostBatch {
  /**
   * With the pool, resolves once the post is committed. With a transaction, inserts the post there
   * at once, without batching. Undefined when the author's account no longer exists.
   */
  insert(sql: Queryable, post: NewPost): Promise<PostRow | undefined>
  /** Resolves once every post has been written or refused. Await it before the pool is closed. */
  settled(): Promise<void>
}

interface WaitingPost {
  post: NewPost
  resolve: (row: PostRow | undefined) => void
  reject: (error: unknown) => void
}

const sizeOf = ({ post: { title, content } }: WaitingPost): number =>
  Buffer.byteLength(title) + Buffer.byteLength(content)

/**
 * Posts that arrive in one turn of the event loop, or while statements run, are inserted together:
 * one commit and one round trip for many. The queue needs no bound of its own: each waiting post
 * belongs to a request that is being answered, and the server limits those.
 */
export function createPostBatch(pool: Queryable): PostBatch {
  const waiting: WaitingPost[] = []
  const running = new Set<Promise<void>>()

  function sendNext(): void {
    while (running.size < STATEMENTS_AT_ONCE && waiting.length > 0) {
      const batch = batchFrom(waiting, 0, sizeOf, STATEMENT)
      waiting.splice(0, batch.length)
      const statement = write(batch).finally(() => {
        running.delete(statement)
        sendNext()
      })
      running.add(statement)
    }
  }

  async function write(batch: readonly WaitingPost[]): Promise<void> {
    try {
      const rows = await insertPosts(
        pool,
        batch.map(({ post }) => post),
      )
      for (const [index, { resolve }] of batch.entries()) resolve(rows[index])
    } catch (error) {
      // After any other error the statement may have been committed, so it is not retried here.
      if (isRefusal(error) && batch.length > 1)
        await Promise.all(
          batch.map(({ post, resolve, reject }) => insertPost(pool, post).then(resolve, reject)),
        )
      else for (const { reject } of batch) reject(error)
    }
  }

  return {
    insert(sql, post) {
      if (sql !== pool) return insertPost(sql, post)
      return new Promise((resolve, reject) => {
        waiting.push({ post, resolve, reject })
        // Posts of several requests share a statement: the deadline of the first must not cancel it.
        if (waiting.length === 1) setImmediate(() => withoutDeadline(sendNext))
      })
    },
    async settled() {
      while (waiting.length + running.size > 0) {
        sendNext()
        await Promise.all(running)
      }
    },
  }
}
