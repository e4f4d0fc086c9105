import { activityEvent } from '@dailyfeed/tests/activity-events'
import { ask } from '@dailyfeed/tests/http-client'
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
  postId = (await ask(content.client, { as: minji, url: '/api/posts', body: { content: 'viral' } }))
    .body.data.id
})
afterAll(() => content.close())

const viewOf = (n: number) => activityEvent(n, { memberId: minji, postId })
const deliver = (events: unknown[], token?: string) =>
  ask(content.client, {
    url: '/internal/member-activity-events',
    body: { events },
    headers: token === undefined ? {} : { [INTERNAL_TOKEN]: token },
  })
const views = async () =>
  (
    await content.database
      .sql`select view_count from content.post_counter where post_id = ${postId}`
  )[0]?.['view_count'] ?? 0

test('views arrive in batches and each is counted once, even if delivered twice', async () => {
  const events = Array.from({ length: 500 }, (_, n) => viewOf(n))
  const first = await deliver(events, TIMELINE_TOKEN)
  expect(first.body.data).toEqual({ received: 500, applied: 500, deadLettered: 0 })
  const again = await deliver(events, TIMELINE_TOKEN)
  expect(again.body.data).toEqual({ received: 500, applied: 0, deadLettered: 0 })
  expect(await views()).toBe(500)
})

test('an invalid event becomes a dead letter and does not delay the others', async () => {
  const before = await views()
  const { status, body } = await deliver(
    [{ eventId: 'nonsense' }, viewOf(1_000), 7],
    TIMELINE_TOKEN,
  )
  expect([status, body.data]).toEqual([200, { received: 3, applied: 1, deadLettered: 2 }])
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

test('the internal route is 401 without a service credential, also with a member’s token', async () => {
  expect((await deliver([viewOf(2_000)])).status).toBe(401)
  const asMember = await ask(content.client, {
    as: minji,
    url: '/internal/member-activity-events',
    body: {
      events: [viewOf(2_001)],
    },
  })
  expect(asMember.status).toBe(401)
  expect((await deliver([viewOf(2_002)], 'a-guess')).status).toBe(401)
})
