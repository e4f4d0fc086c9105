import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ContentFixture, contentFixture, TIMELINE_TOKEN } from '../content-fixture.ts'

let content: ContentFixture
let minji: number
let postId: number

beforeAll(async () => {
  content = await contentFixture()
  minji = await insertMember(content.database.sql, 'minji')
  postId = (await content.ask(minji, 'POST', '/api/posts', { content: 'viral' })).body.data.id
})
afterAll(() => content.close())

const viewOf = (n: number): MemberActivityEvent => {
  const at = '2026-11-25T00:00:00.000Z'
  return {
    eventId: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    schemaVersion: 1,
    messageKey: `k${n}`,
    version: 1,
    memberActivityType: 'POST_READ',
    memberId: minji,
    postId,
    createdAt: at,
    updatedAt: at,
    occurredAt: at,
  }
}
const deliver = (events: unknown[], token?: string) =>
  content.app.inject({
    method: 'POST',
    url: '/internal/member-activity-events',
    payload: { events },
    headers: token === undefined ? {} : { [INTERNAL_TOKEN]: token },
  })
const views = async () =>
  (
    await content.database
      .sql`select view_count from content.post_counter where post_id = ${postId}`
  )[0]?.['view_count'] ?? 0

test('views arrive in batches and are counted once each, however often they are delivered', async () => {
  const events = Array.from({ length: 500 }, (_, n) => viewOf(n))
  const first = await deliver(events, TIMELINE_TOKEN)
  expect(first.json().data).toEqual({ received: 500, applied: 500, deadLettered: 0 })
  const again = await deliver(events, TIMELINE_TOKEN)
  expect(again.json().data).toEqual({ received: 500, applied: 0, deadLettered: 0 })
  expect(await views()).toBe(500)
})

test('an event that is not valid becomes a dead letter and holds up no other', async () => {
  const before = await views()
  const { statusCode, body } = await deliver(
    [{ eventId: 'nonsense' }, viewOf(1_000), 7],
    TIMELINE_TOKEN,
  )
  expect([statusCode, JSON.parse(body).data]).toEqual([
    200,
    { received: 3, applied: 1, deadLettered: 2 },
  ])
  expect(await views()).toBe(before + 1)
  const letters = await content.database
    .sql`select step, source, error_class, status from content.dead_letter`
  expect(letters.length).toBe(2)
  expect(letters[0]).toEqual({
    step: 'decode',
    source: 'http:timeline',
    error_class: 'InvalidEventError',
    status: 'OPEN',
  })
})

test('the internal route is 401 without a service credential, and also with a member’s bearer', async () => {
  expect((await deliver([viewOf(2_000)])).statusCode).toBe(401)
  const asMember = await content.ask(minji, 'POST', '/internal/member-activity-events', {
    events: [viewOf(2_001)],
  })
  expect(asMember.status).toBe(401)
  expect((await deliver([viewOf(2_002)], 'a-guess')).statusCode).toBe(401)
})
