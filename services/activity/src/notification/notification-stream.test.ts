import { insertPost } from '@dailyfeed/tests/content-rows'
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { CLOCK_LEEWAY_SECONDS } from '@dailyfeed/access-token/access-token'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type ActivityFixture, activityFixture, eventOf } from '../activity-fixture.ts'
import { createNotificationStreams } from './stream-hub.ts'

let activity: ActivityFixture
let url: string
let minji: number
let postId: number
let fans = 0

beforeAll(async () => {
  activity = await activityFixture()
  await activity.app.listen({ port: 0, host: '127.0.0.1' })
  url = `http://127.0.0.1:${(activity.app.server.address() as AddressInfo).port}/api/notifications/stream`
  minji = await insertMember(activity.database.sql, 'minji')
})
afterAll(() => activity.close())

/** A new fan likes a new post of minji's: a notification of its own. */
async function beLiked(): Promise<number> {
  fans += 1
  postId = await insertPost(activity.database.sql, minji)
  await activity.deliver(
    eventOf('LIKE_POST', {
      memberId: await insertMember(activity.database.sql, `fan${fans}`),
      postId,
    }),
  )
  return postId
}

interface Message {
  id: string
  data: { postId: number; type: string } | undefined
}

interface Client {
  /** The next event that has data. */
  next(): Promise<Message | undefined>
  lastId(): string
  leave(): Promise<void>
}

async function listenIn(authorization: string, lastEventId?: string): Promise<Client> {
  const leaving = new AbortController()
  const answer = await fetch(url, {
    headers: {
      authorization,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: leaving.signal,
  })
  expect([
    answer.status,
    answer.headers.get('content-type'),
    answer.headers.get('cache-control'),
  ]).toEqual([200, 'text/event-stream; charset=utf-8', 'no-store'])
  const reader = (answer.body ?? new ReadableStream())
    .pipeThrough(new TextDecoderStream())
    .getReader()
  let text = ''
  let lastId = ''
  return {
    async next() {
      for (;;) {
        const end = text.indexOf('\n\n')
        if (end < 0) {
          const { done, value } = await reader.read()
          if (done) return undefined
          text += value
          continue
        }
        const block = text.slice(0, end)
        text = text.slice(end + 2)
        lastId = block.match(/^id: (.*)$/m)?.[1] ?? lastId
        const data = block.match(/^data: (.*)$/m)?.[1]
        if (data !== undefined) return { id: lastId, data: JSON.parse(data) }
      }
    },
    lastId: () => lastId,
    async leave() {
      leaving.abort()
    },
  }
}

test('a notification arrives while one listens, and only at its recipient’s', async () => {
  const client = await listenIn(await activity.tokens.bearerOf(minji))
  const stranger = await listenIn(
    await activity.tokens.bearerOf(await insertMember(activity.database.sql, 'stranger')),
  )
  const heard = stranger.next().catch(() => 'nothing')
  const liked = await beLiked()
  const message = await client.next()
  expect(message?.data).toMatchObject({ type: 'LIKE_POST', postId: liked })
  expect(message?.id).toMatch(/^\d+$/)
  await stranger.leave()
  expect(await heard).toBe('nothing')
  await client.leave()
})

test('what this process takes up is told at once, not at the next look', async () => {
  const client = await listenIn(await activity.tokens.bearerOf(minji))
  await new Promise((resolve) => setTimeout(resolve, 100))
  const waits: number[] = []
  for (let n = 0; n < 5; n += 1) {
    await beLiked()
    const startedAt = performance.now()
    await client.next()
    waits.push(performance.now() - startedAt)
  }
  // A look a second would take half a second on average.
  expect(waits.reduce((sum, wait) => sum + wait) / waits.length).toBeLessThan(250)
  await client.leave()
})

test('what another process took up arrives by the look of each second, which is one statement for all streams', async () => {
  const asked: string[] = []
  const sql = openPool({
    url: activity.database.urlOf('activity'),
    max: 2,
    name: 'another-process',
  })
  const watched = new Proxy(sql, {
    apply(target, self, args: [TemplateStringsArray]) {
      asked.push(args[0].join('?'))
      return Reflect.apply(target, self, args)
    },
  })
  const streams = createNotificationStreams({
    sql: watched,
    verifier: activity.tokens.verifier,
    log: activity.app.log,
  })
  const readers = await Promise.all(
    Array.from({ length: 15 }, async (_, n) =>
      streams.open(minji + n, await activity.tokens.bearerOf(minji + n), 0),
    ),
  )
  for (const reader of readers) reader.resume()
  await new Promise((resolve) => setTimeout(resolve, 500))
  asked.length = 0
  let text = ''
  readers[0]?.on('data', (chunk) => {
    text += chunk
  })
  const liked = await beLiked()
  await new Promise((resolve) => setTimeout(resolve, 2_300))
  expect(text).toContain(`"postId":${liked}`)
  expect(asked.filter((statement) => statement.includes('unnest')).length).toBeLessThanOrEqual(3)
  // Beside that, one for whom there is something.
  expect(asked.filter((statement) => statement.includes('actor_count > 0')).length).toBe(1)
  await streams.close()
  await sql.end({ timeout: 1 })
})

test('a silent stream is kept alive by a comment at least every 20 s', async () => {
  const streams = createNotificationStreams({
    sql: openPool({ url: activity.database.urlOf('activity'), max: 1, name: 'silent' }),
    verifier: activity.tokens.verifier,
    log: activity.app.log,
  })
  const reader = await streams.open(minji, await activity.tokens.bearerOf(minji), undefined)
  let text = ''
  reader.on('data', (chunk) => {
    text += chunk
  })
  const clock = vi.spyOn(performance, 'now')
  const at = performance.now()
  clock.mockReturnValue(at + 14_000)
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(text).not.toContain('heartbeat')
  clock.mockReturnValue(at + 15_500)
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(text).toContain('\n: heartbeat\n\n')
  clock.mockRestore()
  await streams.close()
})

test('streams are bounded per member and in all; one that ends makes room', async () => {
  const streams = createNotificationStreams({
    sql: openPool({ url: activity.database.urlOf('activity'), max: 1, name: 'bounded' }),
    verifier: activity.tokens.verifier,
    log: activity.app.log,
    maxStreams: { perMember: 2, inAll: 3 },
  })
  const open = async (memberId: number) =>
    streams.open(memberId, await activity.tokens.bearerOf(memberId), 0)
  const first = await open(1)
  await open(1)
  await expect(open(1)).rejects.toMatchObject({ code: 'TOO_MANY_REQUEST', retryAfterSeconds: 5 })
  await open(2)
  await expect(open(2)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 5 })
  first.destroy()
  await new Promise((resolve) => setTimeout(resolve, 20))
  await open(2)
  await streams.close()
})

test('a stream goes on behind Last-Event-ID: nothing that came meanwhile is lost or repeated', async () => {
  const first = await listenIn(await activity.tokens.bearerOf(minji))
  await beLiked()
  await first.next()
  await first.leave()
  const missed = [await beLiked(), await beLiked(), await beLiked()]
  const second = await listenIn(await activity.tokens.bearerOf(minji), first.lastId())
  const seen = [await second.next(), await second.next(), await second.next()]
  expect(seen.map((message) => message?.data?.postId)).toEqual(missed)
  const later = await beLiked()
  expect((await second.next())?.data?.postId).toBe(later)
  await second.leave()
})

test('a stream ends within seconds when its session is revoked, and when its token expires', async () => {
  const sessionId = randomUUID()
  const revoked = await listenIn(await activity.tokens.bearerOf(minji, { sid: sessionId }))
  const now = Math.floor(Date.now() / 1_000)
  // A verifier grants a leeway for clocks.
  const expiring = await listenIn(
    await activity.tokens.bearerOf(minji, {
      iat: now - 60,
      nbf: now - 60,
      exp: now + 2 - CLOCK_LEEWAY_SECONDS,
    }),
  )
  activity.tokens.revocations.revoke({ sessionId, expiresAt: now + 900 })
  expect(await revoked.next()).toBeUndefined()
  expect(await expiring.next()).toBeUndefined()
})

test('without a bearer there is no stream', async () => {
  expect((await fetch(url)).status).toBe(401)
})

test('closing the server ends the streams at once', async () => {
  const other = await activityFixture()
  await other.app.listen({ port: 0, host: '127.0.0.1' })
  const otherUrl = `http://127.0.0.1:${(other.app.server.address() as AddressInfo).port}/api/notifications/stream`
  const answer = await fetch(otherUrl, {
    headers: { authorization: await other.tokens.bearerOf(1) },
  })
  const startedAt = performance.now()
  await other.close()
  expect(await answer.text()).toContain('retry: 2000')
  expect(performance.now() - startedAt).toBeLessThan(3_000)
})
