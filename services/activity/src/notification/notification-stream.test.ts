import { insertPost } from '@dailyfeed/tests/content-rows'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { CLOCK_LEEWAY_SECONDS } from '@dailyfeed/access-token/access-token'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { eventually } from '@dailyfeed/tests/eventually'
import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type ActivityFixture, activityFixture, eventOf } from '../activity-fixture.ts'
import { StreamHub } from './stream-hub.ts'

let activity: ActivityFixture
let url: string
let minji: number
let fans = 0

beforeAll(async () => {
  activity = await activityFixture()
  await activity.app.listen({ port: 0, host: '127.0.0.1' })
  url = `http://127.0.0.1:${(activity.app.server.address() as AddressInfo).port}/api/notifications/stream`
  minji = await insertMember(activity.database.sql, 'minji')
})
afterAll(() => activity.close())

/**
 * A new member likes a new post of this one: a notification of its own. Returns the id of the post.
 */
async function receiveLike(memberId = minji): Promise<number> {
  fans += 1
  const postId = await insertPost(activity.database.sql, memberId)
  const fan = await insertMember(activity.database.sql, `fan${fans}`)
  await activity.deliver(eventOf('LIKE_POST', { memberId: fan, postId }))
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

async function openStream(authorization: string, lastEventId?: string): Promise<Client> {
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

/** The text that a stream of a hub has sent so far. */
function collect(events: Readable): () => string {
  let text = ''
  events.on('data', (chunk: Buffer) => {
    text += chunk
  })
  return () => text
}

const newPool = (name: string) =>
  openPool({ url: activity.database.urlOf('activity'), max: 2, name })

test('a notification arrives on an open stream of its recipient and of no other member', async () => {
  const strangerId = await insertMember(activity.database.sql, 'stranger')
  const client = await openStream(await activity.tokens.bearerOf(minji))
  const stranger = await openStream(await activity.tokens.bearerOf(strangerId))
  const liked = await receiveLike()
  const message = await client.next()
  expect(message?.data).toMatchObject({ type: 'LIKE_POST', postId: liked })
  expect(message?.id).toMatch(/^\d+$/)
  // The stranger's own notification comes later, and is the first on the stranger's stream.
  const later = await receiveLike(strangerId)
  expect((await stranger.next())?.data?.postId).toBe(later)
  await stranger.leave()
  await client.leave()
})

test('a stream of the process that received an event sends it before the next poll', async () => {
  const client = await openStream(await activity.tokens.bearerOf(minji))
  // This hub is not woken: it polls once a second.
  const sql = newPool('not woken')
  const hub = new StreamHub({ sql, verifier: activity.tokens.verifier, log: activity.app.log })
  const textOf = collect(await hub.open(minji, await activity.tokens.bearerOf(minji), undefined))
  const firsts: string[] = []
  for (let n = 0; n < 5; n += 1) {
    const liked = await receiveLike()
    const polled = eventually('the poll finds the notification', () =>
      textOf().includes(`"postId":${liked}`),
    ).then(() => 'polled')
    firsts.push(await Promise.race([client.next().then(() => 'woken'), polled]))
    // The next round begins right after a poll, so that the next one is a second away.
    await polled
  }
  // The first round may begin just before a poll.
  expect(firsts.slice(1).filter((first) => first === 'woken').length).toBeGreaterThanOrEqual(3)
  await client.leave()
  await hub.close()
  await sql.end({ timeout: 1 })
})

test('a notification of another process is found by one query per second for all streams', async () => {
  const statements: { text: string; parameters: unknown[] }[] = []
  const sql = newPool('another-process')
  const watched = new Proxy(sql, {
    apply(target, self, args: [TemplateStringsArray, ...unknown[]]) {
      statements.push({ text: args[0].join('?'), parameters: args.slice(1) })
      return Reflect.apply(target, self, args)
    },
  })
  const polls = () => statements.filter(({ text }) => text.includes('unnest'))
  const hub = new StreamHub({
    sql: watched,
    verifier: activity.tokens.verifier,
    log: activity.app.log,
  })
  const streams = await Promise.all(
    Array.from({ length: 15 }, async (_, n) =>
      hub.open(minji + n, await activity.tokens.bearerOf(minji + n), 0),
    ),
  )
  const texts = streams.map(collect)
  const received = await receiveLike()
  await eventually('the notification is sent', () => texts[0]?.().includes(`"postId":${received}`))
  statements.length = 0
  const next = await receiveLike()
  await eventually('the next one is sent', () => texts[0]?.().includes(`"postId":${next}`))
  await eventually('two polls have ended', () => polls().length > 2)
  for (const { parameters } of polls()) expect(parameters[0]).toHaveLength(15)
  // One further query reads the notification of the only stream that has one.
  expect(statements.filter(({ text }) => text.includes('actor_count > 0'))).toHaveLength(1)
  await hub.close()
  await sql.end({ timeout: 1 })
})

test('a silent stream gets a comment within 20 seconds, which keeps it open', async () => {
  const sql = newPool('silent')
  let checks = 0
  const hub = new StreamHub({
    sql,
    verifier: {
      ...activity.tokens.verifier,
      verifyOrThrow(authorization) {
        checks += 1
        return activity.tokens.verifier.verifyOrThrow(authorization)
      },
    },
    log: activity.app.log,
  })
  const textOf = collect(await hub.open(minji, await activity.tokens.bearerOf(minji), undefined))
  const twoChecks = async () => {
    const before = checks
    await eventually('two checks have begun', () => checks >= before + 2)
  }
  const clock = vi.spyOn(performance, 'now')
  const openedAt = performance.now()
  clock.mockReturnValue(openedAt + 14_000)
  await twoChecks()
  expect(textOf()).not.toContain('heartbeat')
  clock.mockReturnValue(openedAt + 15_500)
  await twoChecks()
  expect(textOf()).toContain('\n: heartbeat\n\n')
  clock.mockRestore()
  await hub.close()
  await sql.end({ timeout: 1 })
})

test('streams are limited per member and in all, and one that ends frees its place', async () => {
  const sql = newPool('limited')
  const hub = new StreamHub({
    sql,
    verifier: activity.tokens.verifier,
    log: activity.app.log,
    maxStreams: { perMember: 2, inAll: 3 },
  })
  const open = async (memberId: number) =>
    hub.open(memberId, await activity.tokens.bearerOf(memberId), 0)
  const first = await open(1)
  await open(1)
  await expect(open(1)).rejects.toMatchObject({ code: 'TOO_MANY_REQUEST', retryAfterSeconds: 5 })
  await open(2)
  await expect(open(2)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 5 })
  const closed = once(first, 'close')
  first.destroy()
  await closed
  await open(2)
  await hub.close()
  await sql.end({ timeout: 1 })
})

test('a stream resumes after Last-Event-ID without losing or repeating a notification', async () => {
  const first = await openStream(await activity.tokens.bearerOf(minji))
  await receiveLike()
  await first.next()
  await first.leave()
  const missed = [await receiveLike(), await receiveLike(), await receiveLike()]
  const second = await openStream(await activity.tokens.bearerOf(minji), first.lastId())
  const seen = [await second.next(), await second.next(), await second.next()]
  expect(seen.map((message) => message?.data?.postId)).toEqual(missed)
  const later = await receiveLike()
  expect((await second.next())?.data?.postId).toBe(later)
  await second.leave()
})

test('a stream ends when its session is revoked, and when its token expires', async () => {
  const sessionId = randomUUID()
  const revoked = await openStream(await activity.tokens.bearerOf(minji, { sid: sessionId }))
  const now = Math.floor(Date.now() / 1_000)
  // The verifier accepts a token a little longer, as clocks differ.
  const expiring = await openStream(
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

test('a stream without a token is 401', async () => {
  expect((await fetch(url)).status).toBe(401)
})

test('closing the server ends its streams', async () => {
  const other = await activityFixture()
  await other.app.listen({ port: 0, host: '127.0.0.1' })
  const otherUrl = `http://127.0.0.1:${(other.app.server.address() as AddressInfo).port}/api/notifications/stream`
  const answer = await fetch(otherUrl, {
    headers: { authorization: await other.tokens.bearerOf(1) },
  })
  // A stream that is not ended would keep the server from closing.
  const text = answer.text()
  await other.close()
  expect(await text).toContain('retry: 2000')
})
