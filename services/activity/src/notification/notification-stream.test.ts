import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { CLOCK_LEEWAY_SECONDS } from '@dailyfeed/access-token/access-token'
import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ActivityFixture, activityFixture, eventOf, insertPost } from '../activity-fixture.ts'

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
  postId = await insertPost(activity.database, minji)
  await activity.deliver(eventOf('LIKE_POST', { memberId: await insertMember(activity.database.sql, `fan${fans}`), postId }))
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
  const answer = await fetch(url, { headers: { authorization, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) }, signal: leaving.signal })
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([200, 'text/event-stream; charset=utf-8', 'no-store'])
  const reader = (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader()
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
  const stranger = await listenIn(await activity.tokens.bearerOf(await insertMember(activity.database.sql, 'stranger')))
  const heard = stranger.next().catch(() => 'nothing')
  const liked = await beLiked()
  const message = await client.next()
  expect(message?.data).toMatchObject({ type: 'LIKE_POST', postId: liked })
  expect(message?.id).toMatch(/^\d+$/)
  await stranger.leave()
  expect(await heard).toBe('nothing')
  await client.leave()
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
  const expiring = await listenIn(await activity.tokens.bearerOf(minji, { iat: now - 60, nbf: now - 60, exp: now + 2 - CLOCK_LEEWAY_SECONDS }))
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
  const answer = await fetch(otherUrl, { headers: { authorization: await other.tokens.bearerOf(1) } })
  const startedAt = performance.now()
  await other.close()
  expect(await answer.text()).toContain('retry: 2000')
  expect(performance.now() - startedAt).toBeLessThan(3_000)
})
