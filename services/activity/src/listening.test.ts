import { insertPost } from '@dailyfeed/tests/content-rows'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  type ActivityFixture,
  activityFixture,
  BATCH_TOKEN,
  CONTENT_TOKEN,
  eventOf,
} from './activity-fixture.ts'

let activity: ActivityFixture
let author: number
let postId: number
let fans: number[]
let round = 0

beforeAll(async () => {
  activity = await activityFixture()
})
beforeEach(async () => {
  const { sql } = activity.database
  round += 1
  author = await insertMember(sql, `author${round}`)
  postId = await insertPost(activity.database.sql, author)
  fans = await Promise.all([1, 2, 3].map((n) => insertMember(sql, `fan${round}_${n}`)))
  fans.sort((one, other) => one - other)
  await sql`truncate activity.dead_letter`
})
afterAll(() => activity.close())

const likes = () => fans.map((memberId) => eventOf('LIKE_POST', { memberId, postId }))
const send = (events: unknown[], token = CONTENT_TOKEN) =>
  activity.app.inject({
    method: 'POST',
    url: '/internal/member-activity-events',
    payload: { events },
    headers: { [INTERNAL_TOKEN]: token },
  })
const recorded = async () =>
  (
    await activity.database
      .sql`select member_id from activity.record where post_id = ${postId} order by member_id`
  ).map((row) => row['member_id'])
const actors = async () =>
  (
    await activity.database
      .sql`select actor_id from activity.notification_actor where subject_id = ${postId} and active order by actor_id`
  ).map((row) => row['actor_id'])
const letters = async () => [
  ...(await activity.database.sql`select step, status from activity.dead_letter order by id`),
]
const restore = async () =>
  (
    await activity.app.inject({
      method: 'POST',
      url: '/internal/jobs/listenerDeadletterRestoreJob',
      payload: {},
      headers: { [INTERNAL_TOKEN]: BATCH_TOKEN },
    })
  ).json().data

/** The database itself fails for one event, until it is mended. */
async function breakFor(
  table: 'record' | 'notification_actor',
  column: 'member_id' | 'actor_id',
  memberId: number,
  code: string,
): Promise<() => Promise<unknown>> {
  const { sql } = activity.database
  await sql.unsafe(
    `create or replace function activity.fail() returns trigger language plpgsql as $$ begin raise exception 'broken' using errcode = '${code}'; end $$`,
  )
  await sql.unsafe(
    `create trigger broken before insert on activity.${table} for each row when (new.${column} = ${memberId}) execute function activity.fail()`,
  )
  return () => sql.unsafe(`drop trigger broken on activity.${table}`)
}

test.each([
  ['record', 'record', 'member_id'],
  ['notify', 'notification_actor', 'actor_id'],
] as const)(
  'when step %s fails for one event only, all others take effect, and it takes effect when the fault is mended',
  async (step, table, column) => {
    const mend = await breakFor(table, column, fans[1] ?? 0, '22000')
    const report = (await send(likes())).json().data
    expect(report).toEqual({ received: 3, applied: 8, deadLettered: 1 })
    const others = fans.filter((_, n) => n !== 1)
    expect([await recorded(), await actors()]).toEqual(
      step === 'record' ? [others, fans] : [fans, others],
    )
    expect(await letters()).toEqual([{ step, status: 'OPEN' }])
    expect(await restore()).toEqual({ restored: 0, failedAgain: 1 })
    await mend()
    await activity.database.sql`update activity.dead_letter set next_attempt_at = now()`
    expect(await restore()).toEqual({ restored: 1, failedAgain: 0 })
    expect([await recorded(), await actors()]).toEqual([fans, fans])
    expect(await letters()).toEqual([{ step, status: 'REPLAYED' }])
    expect(await restore()).toEqual({ restored: 0, failedAgain: 0 })
  },
)

test('a fault that passes is 503, leaves no dead letter, and delivered again each takes effect once', async () => {
  const events = likes()
  for (const code of ['40P01', '57014', '53300']) {
    const mend = await breakFor('notification_actor', 'actor_id', fans[2] ?? 0, code)
    const answer = await send(events)
    expect([code, answer.statusCode, await letters(), await actors()]).toEqual([code, 503, [], []])
    await mend()
  }
  expect((await send(events)).json().data).toEqual({ received: 3, applied: 6, deadLettered: 0 })
  expect((await send(events)).json().data).toEqual({ received: 3, applied: 0, deadLettered: 0 })
  expect([await recorded(), await actors()]).toEqual([fans, fans])
})

test('what is no event is kept as a dead letter of its own and holds up nothing', async () => {
  const poison = [{ hello: 'world' }, { ...likes()[0], memberActivityType: 'POST_EXPLODE' }]
  for (let n = 0; n < 2; n += 1)
    expect((await send([poison[0], ...likes(), poison[1]])).json().data).toMatchObject({
      received: 5,
      deadLettered: 2,
    })
  expect(await letters()).toEqual([
    { step: 'decode', status: 'OPEN' },
    { step: 'decode', status: 'OPEN' },
  ])
  expect([await recorded(), await actors()]).toEqual([fans, fans])
})

test('events whose post is gone from content-svc are recorded, tell nobody, and are no fault', async () => {
  const events: MemberActivityEvent[] = [
    eventOf('LIKE_POST', { memberId: author, postId: 99_999_999 }),
    eventOf('COMMENT_CREATE', { memberId: author, postId: 99_999_999, commentId: 99_999_999 }),
  ]
  expect((await send(events)).json().data).toEqual({ received: 2, applied: 2, deadLettered: 0 })
})

test('only a service that publishes is taken at its word; only batch-svc runs jobs', async () => {
  expect((await send([], 'nobody')).statusCode).toBe(401)
  expect((await send([], BATCH_TOKEN)).statusCode).toBe(403)
  expect(
    (
      await activity.app.inject({
        method: 'POST',
        url: '/internal/member-activity-events',
        payload: { events: [] },
        headers: { authorization: await activity.tokens.bearerOf(author) },
      })
    ).statusCode,
  ).toBe(401)
  expect(
    (
      await activity.app.inject({
        method: 'POST',
        url: '/internal/jobs/listenerDeadletterRestoreJob',
        payload: {},
        headers: { [INTERNAL_TOKEN]: CONTENT_TOKEN },
      })
    ).statusCode,
  ).toBe(403)
})
