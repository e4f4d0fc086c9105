import { createNewEventOf } from '@dailyfeed/outbox/outbox'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { ScrollJson } from '@dailyfeed/pagination-support/list'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { createReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { type TestTokens, testTokens } from '@dailyfeed/tests/tokens'
import type { Sql } from 'postgres'
import { createFeedCache } from './feed-cache/feed-cache.ts'
import { createRankingSnapshots } from './ranking/ranking-snapshots.ts'
import { timelineApp } from './timeline-app.ts'
import { createViewBuffer, type ViewBuffer } from './view/view-buffer.ts'

export interface TimelineFixture {
  app: HttpServer
  database: TestDatabase
  /** The owner's connection: arranges rows, and reads what was stored. */
  sql: Sql
  views: ViewBuffer
  bearerOf: TestTokens['bearerOf']
  /** Sends a request as a member. */
  ask(
    memberId: number,
    url: string,
    payload?: object,
    headers?: Record<string, string>,
  ): Promise<Answer>
  /** The ids of all pages by cursor. */
  readAll(memberId: number, url: string, size: number): Promise<number[]>
  /** A second instance over the same database. */
  another(): Promise<TimelineFixture>
  close(): Promise<void>
}

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at any part of any answer
  body: any
}

/** timeline-svc without its network: the real routes over a real database; nothing is relayed. */
export async function timelineFixture(shared?: {
  database: TestDatabase
  tokens: TestTokens
}): Promise<TimelineFixture> {
  const database = shared?.database ?? (await testDatabase())
  const tokens = shared?.tokens ?? (await testTokens())
  const primaryReads = openPool({
    url: database.urlOf('timeline'),
    max: 4,
    name: 'timeline-test reads',
    readOnly: true,
  })
  const reads = createReadDatabase({ primary: primaryReads, log: { warn() {} } })
  const primary = openPool({ url: database.urlOf('timeline'), max: 4, name: 'timeline-test' })
  const log = { warn() {}, error() {} }
  const views = createViewBuffer({
    sql: primary,
    newEventOf: createNewEventOf('Asia/Seoul'),
    onWritten() {},
    log,
  })
  const cursors = createCursors('a cursor key that only tests know, of 32 characters')
  const app = await timelineApp({
    config: { INTERNAL_CALLERS: '', RATE_LIMIT: 'off' },
    context: {
      verifier: tokens.verifier,
      reads,
      primary,
      cursors,
      rankings: createRankingSnapshots(reads, primary),
      scrollJson: new ScrollJson(cursors),
      feedCache: createFeedCache({ reads, primary, signal: undefined }),
      views,
    },
    log: createLog('timeline', 'silent'),
  })

  const fixture: TimelineFixture = {
    app,
    database,
    sql: database.sql,
    views,
    bearerOf: tokens.bearerOf,
    async ask(memberId, url, payload, headers = {}) {
      const answer = await app.inject({
        method: payload === undefined ? 'GET' : 'POST',
        url,
        headers: { authorization: await tokens.bearerOf(memberId), ...headers },
        ...(payload === undefined ? {} : { payload }),
      })
      return { status: answer.statusCode, body: answer.json() }
    },
    async readAll(memberId, url, size) {
      const ids: number[] = []
      let cursor: string | null = null
      do {
        const { status, body } = await fixture.ask(
          memberId,
          `${url}${url.includes('?') ? '&' : '?'}size=${size}${cursor === null ? '' : `&cursor=${cursor}`}`,
        )
        if (status !== 200) throw new Error(`${url} answered ${status} ${JSON.stringify(body)}`)
        if (body.data.hasNext && body.data.content.length !== size)
          throw new Error(`a page of ${body.data.content.length}, though there is more`)
        ids.push(...body.data.content.map(({ id }: { id: number }) => id))
        cursor = body.data.nextCursor
      } while (cursor !== null)
      return ids
    },
    another: () => timelineFixture({ database, tokens }),
    async close() {
      await app.close()
      await views.close()
      await primaryReads.end({ timeout: 1 })
      await primary.end({ timeout: 1 })
      if (shared === undefined) await database.drop()
    },
  }
  return fixture
}
