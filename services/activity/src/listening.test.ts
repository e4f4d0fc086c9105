import { insertPost } from '@dailyfeed/tests/content-rows'
import { ask } from '@dailyfeed/tests/http-client'
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
  ask(activity.client, {
    url: '/internal/member-activity-events',
    body: { events },
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
const runRestoreJob = (token: string) =>
  ask(activity.client, {
    url: '/internal/jobs/listenerDeadletterRestoreJob',
    body: {},
    headers: { [INTERNAL_TOKEN]: token },
  })
const restore = async () => (await runRestoreJob(BATCH_TOKEN)).body.data

/** Makes the database fail for one event. Returns the function that repairs it. */
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
  'when handler %s fails for one event, the others take effect, and it does after the repair',
  async (step, table, column) => {
    const repair = await breakFor(table, column, fans[1] ?? 0, '22000')
    const report = (await send(likes())).body.data
    expect(report).toEqual({ received: 3, applied: 8, deadLettered: 1 })
    const others = fans.filter((_, n) => n !== 1)
    expect([await recorded(), await actors()]).toEqual(
      step === 'record' ? [others, fans] : [fans, others],
    )
    expect(await letters()).toEqual([{ step, status: 'OPEN' }])
    expect(await restore()).toEqual({ restored: 0, failedAgain: 1 })
    await repair()
    await activity.database.sql`update activity.dead_letter set next_attempt_at = now()`
    expect(await restore()).toEqual({ restored: 1, failedAgain: 0 })
    expect([await recorded(), await actors()]).toEqual([fans, fans])
    expect(await letters()).toEqual([{ step, status: 'REPLAYED' }])
    expect(await restore()).toEqual({ restored: 0, failedAgain: 0 })
  },
)

test('a transient fault is 503 without a dead letter, and each event then takes effect once', async () => {
  const events = likes()
  for (const code of ['40P01', '53300']) {
    const repair = await breakFor('notification_actor', 'actor_id', fans[2] ?? 0, code)
    const answer = await send(events)
    expect([code, answer.status, await letters(), await actors()]).toEqual([code, 503, [], []])
    await repair()
  }
  expect((await send(events)).body.data).toEqual({ received: 3, applied: 6, deadLettered: 0 })
  expect((await send(events)).body.data).toEqual({ received: 3, applied: 0, deadLettered: 0 })
  expect([await recorded(), await actors()]).toEqual([fans, fans])
})

test('an event whose statement times out waits alone, and then takes effect once', async () => {
  const events = likes()
  const repair = await breakFor('notification_actor', 'actor_id', fans[2] ?? 0, '57014')
  const answer = await send(events)
  expect([answer.status, await letters(), await actors()]).toEqual([503, [], fans.slice(0, 2)])
  await repair()
  expect((await send(events)).status).toBe(200)
  expect((await send(events)).body.data).toEqual({ received: 3, applied: 0, deadLettered: 0 })
  expect([await recorded(), await actors()]).toEqual([fans, fans])
})

test('an invalid event becomes a dead letter and does not delay the others', async () => {
  const poison = [{ hello: 'world' }, { ...likes()[0], memberActivityType: 'POST_EXPLODE' }]
  for (let n = 0; n < 2; n += 1)
    expect((await send([poison[0], ...likes(), poison[1]])).body.data).toMatchObject({
      received: 5,
      deadLettered: 2,
    })
  expect(await letters()).toEqual([
    { step: 'decode', status: 'OPEN' },
    { step: 'decode', status: 'OPEN' },
  ])
  expect([await recorded(), await actors()]).toEqual([fans, fans])
})

test('events of a post that content-svc does not have are recorded and notify no member', async () => {
  const events: MemberActivityEvent[] = [
    eventOf('LIKE_POST', { memberId: author, postId: 99_999_999 }),
    eventOf('COMMENT_CREATE', { memberId: author, postId: 99_999_999, commentId: 99_999_999 }),
  ]
  expect((await send(events)).body.data).toEqual({ received: 2, applied: 2, deadLettered: 0 })
})

test('only publishers may deliver events, and only batch-svc may run jobs', async () => {
  expect((await send([], 'nobody')).status).toBe(401)
  expect((await send([], BATCH_TOKEN)).status).toBe(403)
  const asMember = { as: author, url: '/internal/member-activity-events', body: { events: [] } }
  expect((await ask(activity.client, asMember)).status).toBe(401)
  expect((await runRestoreJob(CONTENT_TOKEN)).status).toBe(403)
})
