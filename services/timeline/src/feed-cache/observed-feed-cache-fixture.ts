import type { WriteSignal } from '@dailyfeed/outbox/write-signal'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { createReadDatabase } from '@dailyfeed/postgres-support/read-database'
import type { TimelineFixture } from '../timeline-fixture.ts'
import { createFeedCache, type FeedCache } from './feed-cache.ts'

/** A part of the text of one statement, by what it loads. A test that counts zero also counts more than zero. */
export const STATEMENTS = {
  any: '',
  outboxes: 'content.outbox',
  relations: 'muted_id = any',
  posts: 'post_counter',
  postsByAuthors: 'from newest cross join lateral',
  newestPosts:
    '(\n      select id, author_id from content.post where deleted_at is null order by id desc',
} as const
export type Statement = keyof typeof STATEMENTS

export interface ObservedFeedCache {
  cache: FeedCache
  /** How many were sent so far. */
  sent(statement: Statement): number
  /** Keeps the results of these statements back until they are released. */
  hold(statement: Statement): { reached: Promise<void>; release(): void }
  close(): Promise<void>
}

/** A feed cache over a pool whose statements are counted and can be held. */
export function observedFeedCache(
  timeline: TimelineFixture,
  options: { signal?: WriteSignal; first?: number; recent?: number } = {},
): ObservedFeedCache {
  const { signal, ...sizes } = options
  const pool = openPool({ url: timeline.database.urlOf('timeline'), max: 4, name: 'cache-test' })
  const sent: string[] = []
  let held: { text: string; gate: PromiseWithResolvers<void>; reached(): void } | undefined
  const sql = new Proxy(pool, {
    apply(target, _self, args: [TemplateStringsArray, ...never[]]) {
      const text = args[0].join('')
      sent.push(text)
      const query = target(...args)
      const hold = held
      if (hold === undefined || !text.includes(hold.text)) return query
      return query.then((rows) => {
        hold.reached()
        return hold.gate.promise.then(() => rows)
      })
    },
  })
  return {
    cache: createFeedCache({
      reads: createReadDatabase({ primary: sql, log: { warn() {} } }),
      primary: sql,
      signal,
      ...sizes,
    }),
    sent: (statement) => sent.filter((text) => text.includes(STATEMENTS[statement])).length,
    hold(statement) {
      const [gate, reached] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      held = { text: STATEMENTS[statement], gate, reached: () => reached.resolve() }
      return {
        reached: reached.promise,
        release() {
          held = undefined
          gate.resolve()
        },
      }
    },
    close: () => pool.end({ timeout: 1 }),
  }
}
