import { isRefusal } from '@dailyfeed/postgres-support/fault'
import type { Sql } from 'postgres'
import { insertPost, insertPosts, type NewPost, type PostRow } from './post.queries.ts'

/** With two, one is under way while the next is collected; more would only make them smaller. */
const STATEMENTS_AT_ONCE = 2
const POSTS_PER_STATEMENT = 64

export interface PostBatch {
  /** Resolves once the post is committed; in a transaction of the caller's own, once it stands in that. Undefined as `insertPost` says. */
  insert(sql: Sql, post: NewPost): Promise<PostRow | undefined>
  /** Once all that was to be written has an outcome: before the pool closes. */
  settled(): Promise<void>
}

interface WaitingPost {
  post: NewPost
  resolve: (row: PostRow | undefined) => void
  reject: (error: unknown) => void
}

/**
 * Posts that come in one turn of the event loop, or while statements are under way, go together as one: a commit and a round
 * trip for many. What waits are requests that are being answered: as many as the server takes, and no more.
 */
export function createPostBatch(pool: Sql): PostBatch {
  const waiting: WaitingPost[] = []
  const running = new Set<Promise<void>>()

  function sendNext(): void {
    while (running.size < STATEMENTS_AT_ONCE && waiting.length > 0) {
      const statement = write(waiting.splice(0, POSTS_PER_STATEMENT)).finally(() => {
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
      for (const [place, { resolve }] of batch.entries()) resolve(rows[place])
    } catch (error) {
      // Anything but a refusal may have been committed, and is never tried again here.
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
        if (waiting.length === 1) setImmediate(sendNext)
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
