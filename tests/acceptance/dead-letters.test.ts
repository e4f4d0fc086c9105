import { readFile } from 'node:fs/promises'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import { developmentSecretsOf } from '@dailyfeed/configuration/development-secrets'
import { type RunningInstallation, runningFileOf } from '@dailyfeed/platform/running-file'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { ask } from '../http-client.ts'
import { connectAsOwner } from '../owner-connection.ts'
import { type Member, newMember } from './client.ts'
import { dailyfeed } from './dailyfeed.ts'

/** The dead-letter commands that an operator on call uses, against the whole product. */
let sql: Sql
let urls: RunningInstallation['urls']
let member: Member
let admin: Member

beforeAll(async () => {
  const running = JSON.parse(
    await readFile(runningFileOf(inject('platformDataDir')), 'utf8'),
  ) as RunningInstallation
  urls = running.urls
  sql = connectAsOwner(running.ownerUrl, 1)
  ;[member, admin] = [await newMember(), await newMember()]
  await dailyfeed(['members', 'grant-admin', '--handle', admin.handle])
})
beforeEach(() => sql`truncate activity.dead_letter restart identity`)
afterAll(() => sql.end({ timeout: 1 }))

/** Runs a command that must succeed, and returns the JSON that it prints. */
async function answerOf(...args: string[]) {
  const { code, stdout, stderr } = await dailyfeed([...args, '--json'])
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

/** Sends activity-svc events that it cannot decode, with the token of content-svc. */
async function sendNonsense(count: number): Promise<void> {
  const response = await fetch(`${urls['activity']}/internal/member-activity-events`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      [INTERNAL_TOKEN]: developmentSecretsOf(inject('platformDataDir')).internalTokens.content,
    },
    body: JSON.stringify({ events: Array.from({ length: count }, (_, n) => ({ nonsense: n })) }),
  })
  expect((await response.json()).data).toMatchObject({ received: count, deadLettered: count })
  // Otherwise the retry job, which runs every minute, might process them during the test.
  await sql`update activity.dead_letter set next_attempt_at = now() + interval '1 day'`
}

/**
 * Writes a post whose event counts as refused by search-svc so often that no job retries it.
 * Returns the id of its row in `outbox_pending`.
 */
async function refuse(content: string): Promise<number> {
  const { body } = await ask(member, { url: '/api/posts', body: { content } })
  const [row] = await sql<[{ id: number }]>`
    insert into content.outbox_pending
      (event_id, destination, status, attempts, last_attempt_at, last_error)
    select event_id, 'search', 'DEAD', 14, now(), 'answered 413'
    from content.outbox where post_id = ${body.data.id} returning id`
  return row.id
}
const countRefused = async () =>
  (await sql`select from content.outbox_pending where status = 'DEAD'`).count

test('dead-letters list is empty while every event was processed', async () => {
  // Events that other tests caused may still be in transit.
  await expect
    .poll(() => dailyfeed(['dead-letters', 'list']))
    .toEqual({ code: 0, stdout: 'no dead letters\n', stderr: '' })
  expect(await answerOf('dead-letters', 'list')).toEqual({
    groups: [],
    hasMore: false,
    unavailable: [],
  })
})

test('undecodable events are listed by cause, shown, replayed without success and archived once', async () => {
  await sendNonsense(3)
  const { groups } = await answerOf('dead-letters', 'list', '--kind', 'LISTENER')
  expect(groups).toMatchObject([
    {
      kind: 'LISTENER',
      service: 'activity',
      step: 'decode',
      status: 'OPEN',
      count: 3,
      latestId: 'activity-3',
    },
  ])
  const [{ fingerprint }] = groups
  expect((await dailyfeed(['dead-letters', 'list'])).stdout).toContain(
    `${fingerprint}        3  activity, decode, OPEN`,
  )

  const letter = await answerOf('dead-letters', 'show', 'activity-1')
  expect(letter).toMatchObject({
    payload: '{"nonsense":0}',
    source: 'http:content',
    fingerprint,
    attempts: 0,
    replayCount: 0,
  })
  expect((await dailyfeed(['dead-letters', 'show', 'activity-1'])).stdout).toContain(
    '{"nonsense":0}',
  )

  const again = await dailyfeed(['dead-letters', 'replay', '--fingerprint', fingerprint])
  expect([again.code, again.stdout]).toEqual([1, '0 replayed, 3 failed again\n'])
  expect((await answerOf('dead-letters', 'show', 'activity-1')).replayCount).toBe(1)

  expect(await answerOf('dead-letters', 'archive', 'activity-1')).toMatchObject({
    outcome: 'ARCHIVED',
  })
  expect(await answerOf('dead-letters', 'archive', 'activity-1')).toMatchObject({
    outcome: 'NOTHING_TO_DO',
  })
  expect(await answerOf('dead-letters', 'archive', '--fingerprint', fingerprint)).toMatchObject({
    outcome: 'ARCHIVED',
    archived: 2,
    remaining: 0,
  })
  const twice = await dailyfeed(['dead-letters', 'archive', '--fingerprint', fingerprint])
  expect([twice.code, twice.stdout]).toEqual([0, 'nothing to do: none of them is open\n'])
})

test('a replay after the cause was fixed takes effect exactly once', async () => {
  const messageKey = `member_activity:kafka_event:POST_CREATE###424242###${member.id}`
  const at = new Date().toISOString()
  const event = {
    schemaVersion: 1,
    messageKey,
    version: 1,
    memberActivityType: 'POST_CREATE',
    memberId: member.id,
    postId: 424_242,
    createdAt: at,
    updatedAt: at,
  }
  const payload = JSON.stringify({ ...event, occurredAt: at })
  await sql`
    with event as (select uuidv7() as id)
    insert into activity.dead_letter (
      step, event_id, source, payload,
      error_class, error_message, fingerprint, next_attempt_at)
    select
      'record', id, 'http:content',
      convert_to((${payload}::text::jsonb || jsonb_build_object('eventId', id))::text, 'UTF8'),
      'TypeError', 'a bug of the last release', 'feedbeef00000001', now() + interval '1 hour'
    from event`
  const countRecords = async () =>
    (
      await sql`
        select from activity.record
        where member_id = ${member.id} and post_id = 424242 and type = 'POST_CREATE'`
    ).count
  expect(await countRecords()).toBe(0)
  expect(
    await answerOf('dead-letters', 'replay', '--fingerprint', 'feedbeef00000001'),
  ).toMatchObject({ outcome: 'REPLAYED', replayed: 1, failedAgain: 0 })
  expect(await countRecords()).toBe(1)
  expect(
    await answerOf('dead-letters', 'replay', '--fingerprint', 'feedbeef00000001'),
  ).toMatchObject({ outcome: 'NOTHING_TO_DO', replayed: 0 })
  expect(await answerOf('dead-letters', 'replay', 'activity-1')).toMatchObject({
    outcome: 'NOT_OPEN',
  })
})

test('refused events are sent again one by one or all of one cause', async () => {
  const ids = [await refuse('first'), await refuse('second'), await refuse('third')]
  const { groups } = await answerOf(
    'dead-letters',
    'list',
    '--kind',
    'publisher',
    '--service',
    'content',
  )
  expect(groups).toMatchObject([
    {
      kind: 'PUBLISHER',
      service: 'content',
      step: 'to search',
      status: 'DEAD',
      count: 3,
      latestId: `content-p${ids[2]}`,
    },
  ])
  expect(await answerOf('dead-letters', 'replay', `content-p${ids[0]}`)).toMatchObject({
    outcome: 'SENT_AGAIN',
  })
  expect(
    await answerOf('dead-letters', 'replay', '--fingerprint', groups[0].fingerprint),
  ).toMatchObject({ replayed: 2, failedAgain: 0, remaining: 0 })
  expect(
    await answerOf('dead-letters', 'replay', '--fingerprint', groups[0].fingerprint),
  ).toMatchObject({ outcome: 'NOTHING_TO_DO' })
  expect(await countRefused()).toBe(0)
  // The relay removes the rows once the events are delivered.
  await expect
    .poll(
      async () =>
        (await sql`select from content.outbox_pending where id = any (${ids}::bigint[])`).count,
      { timeout: 10_000 },
    )
    .toBe(0)
  expect(await dailyfeed(['dead-letters', 'show', `content-p${ids[0]}`])).toMatchObject({
    code: 1,
    stdout: '',
  })
})

test('an administrator lists, replays and archives dead letters over HTTP', async () => {
  await sendNonsense(2)
  const { body } = await ask(admin, {
    url: '/api/admin/dead-letters?kind=LISTENER&service=activity',
  })
  expect(body.data).toMatchObject({
    groups: [{ count: 2, latestId: 'activity-2' }],
    unavailable: [],
  })
  const path = `/api/admin/dead-letters/groups/${body.data.groups[0].fingerprint}`
  expect((await ask(admin, { method: 'POST', url: `${path}/replay` })).body.data).toMatchObject({
    replayed: 0,
    failedAgain: 2,
    remaining: 0,
    unavailable: [],
  })
  expect((await ask(admin, { method: 'POST', url: `${path}/archive` })).body.data).toEqual({
    archived: 2,
    remaining: 0,
    unavailable: [],
  })
  expect((await ask(admin, { method: 'POST', url: `${path}/archive` })).body.data).toEqual({
    archived: 0,
    remaining: 0,
    unavailable: [],
  })
  expect(await ask(admin, { url: '/api/admin/dead-letters/activity-99' })).toMatchObject({
    status: 404,
    body: { code: 'DEAD_LETTER_NOT_FOUND' },
  })
  expect((await ask(member, { url: '/api/admin/dead-letters' })).status).toBe(403)
})

test.each([
  [
    ['show', 'nonsense'],
    "'nonsense' is not the id of a dead letter; ids look like activity-12 (of a listener) or content-p12 (of a publisher)",
  ],
  [
    ['show', 'activity-99'],
    'there is no such dead letter; dailyfeed dead-letters list shows those that exist',
  ],
  [['replay', 'nonsense'], "'nonsense' is not the id of a dead letter"],
  [['replay'], 'give the id of a dead letter, or --fingerprint'],
  [
    ['archive', 'activity-1', '--fingerprint', 'x'],
    'give the id of a dead letter, or --fingerprint',
  ],
  [['list', '--kind', 'ALL'], 'must be one of LISTENER, PUBLISHER'],
  [['list', '--service', 'image'], 'must be one of activity, content, member, search, timeline'],
])('dailyfeed dead-letters %j exits with 1 and names the mistake', async (args, sentence) => {
  const { code, stdout, stderr } = await dailyfeed(['dead-letters', ...args])
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(sentence)
  expect(stderr).not.toMatch(/at .*\.ts:\d+/)
})

test('every topics command without Kafka names the setting that is missing', async () => {
  for (const args of [
    ['list'],
    ['replay', '--date', '20261120', '--dry-run'],
    ['delete', '--date', '20261120'],
  ]) {
    const { code, stdout, stderr } = await dailyfeed(['topics', ...args])
    expect([args[0], code, stdout]).toEqual([args[0], 1, ''])
    expect(stderr).toBe(
      'dailyfeed: Kafka is not configured here: events travel over HTTP, and there are no topics; set KAFKA_BROKERS, or start with npm run start:full\n',
    )
  }
  expect((await ask(admin, { url: '/api/admin/topics' })).body.data).toEqual({
    hasKafka: false,
    topics: [],
  })
})
