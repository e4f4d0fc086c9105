import { testTokens } from '@dailyfeed/tests/tokens'
import { insertMember } from '@dailyfeed/tests/members'
import { createLog } from '@dailyfeed/http-server/log'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { Cron } from 'croner'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { batchApp } from '../batch-app.ts'
import { readBatchConfigOrThrow } from '../config.ts'
import { createDeadLetterOwners } from '../dead-letter/dead-letter-owners.ts'
import { createTopicOwners } from '../topic/topic.service.ts'
import { runJob } from './job.service.ts'
import { JOBS } from './job-table.ts'
import { runScheduledJob } from './scheduler.ts'
import type { Owners } from './owners.ts'

const log = { info() {}, warn() {}, error() {} }
let database: TestDatabase
let sql: Sql
let asked: string[]
let answer: (owner: string) => Promise<Record<string, number>>
const owners: Owners = {
  async runJob(owner, job) {
    asked.push(`${owner} ${job}`)
    return answer(owner)
  },
  async close() {},
}

beforeAll(async () => {
  database = await testDatabase()
  sql = openPool({ url: database.urlOf('batch'), max: 4, name: 'batch-test' })
})
beforeEach(async () => {
  asked = []
  answer = async () => ({ corrected: 2 })
  await database.sql`truncate batch.job_run, batch.job_lease, batch.job_schedule`
})
afterAll(async () => {
  await sql.end({ timeout: 1 })
  await database.drop()
})

const runs = () =>
  database.sql`select job, outcome, figures, error, ended_at is not null as ended from batch.job_run order by id`

test('a job is asked of every owner, its figures are summed, and its run is kept', async () => {
  expect(await runJob({ sql, owners, log }, 'listenerDeadletterRestoreJob')).toEqual({
    outcome: 'SUCCEEDED',
    figures: { corrected: 6 },
  })
  expect(asked).toEqual(
    ['activity', 'search', 'content'].map((owner) => `${owner} listenerDeadletterRestoreJob`),
  )
  expect([...(await runs())]).toEqual([
    {
      job: 'listenerDeadletterRestoreJob',
      outcome: 'SUCCEEDED',
      figures: { corrected: 6 },
      error: null,
      ended: true,
    },
  ])
})

test('an owner that is away fails the run and is named; the others are asked all the same', async () => {
  answer = async (owner) => {
    if (owner === 'search') throw new Error('search cannot be reached')
    return { restored: 1 }
  }
  expect(await runJob({ sql, owners, log }, 'listenerDeadletterRestoreJob')).toEqual({
    outcome: 'FAILED',
    figures: { restored: 2 },
    error: 'search cannot be reached',
  })
  expect((await runs())[0]).toMatchObject({ outcome: 'FAILED', error: 'search cannot be reached' })
})

test('ten asked for at once run once; the others say that it runs already', async () => {
  answer = () => new Promise((resolve) => setTimeout(() => resolve({ corrected: 1 }), 300))
  const reports = await Promise.all(
    Array.from({ length: 10 }, () => runJob({ sql, owners, log }, 'counterReconcileJob')),
  )
  expect(reports.map(({ outcome }) => outcome).sort()).toEqual([
    ...Array(9).fill('RUNS_ALREADY'),
    'SUCCEEDED',
  ])
  expect(asked).toEqual(['content counterReconcileJob'])
})

test('of two schedulers one runs a job at its minute, also when the other’s clock is a little behind, and each minute anew', async () => {
  const minute = Date.parse('2026-11-25T03:10:00.000Z')
  const run = async (now: number) =>
    (await runScheduledJob({ sql, owners, log }, 'counterReconcileJob', now)).outcome
  expect((await Promise.all([run(minute + 3), run(minute + 5)])).sort()).toEqual([
    'BEGUN_BY_ANOTHER',
    'SUCCEEDED',
  ])
  // The run is over and its lease is free.
  expect([await run(minute + 1_900), await run(minute - 40)]).toEqual([
    'BEGUN_BY_ANOTHER',
    'BEGUN_BY_ANOTHER',
  ])
  expect([await run(minute + 60_001), await run(minute + 60_800)]).toEqual([
    'SUCCEEDED',
    'BEGUN_BY_ANOTHER',
  ])
  expect(asked).toHaveLength(2)
  // Asked for by a person, it runs all the same.
  expect((await runJob({ sql, owners, log }, 'counterReconcileJob')).outcome).toBe('SUCCEEDED')
})

test('every schedule is a time in TOPIC_TIME_ZONE', () => {
  const next = (job: string, zone: string) =>
    new Cron(JOBS[job]?.schedule ?? '', { timezone: zone, paused: true })
      .nextRun(new Date('2026-11-25T00:00:00Z'))
      ?.toISOString()
  expect([next('counterReconcileJob', 'Asia/Seoul'), next('counterReconcileJob', 'UTC')]).toEqual([
    '2026-11-25T18:10:00.000Z',
    '2026-11-25T03:10:00.000Z',
  ])
  expect([
    next('imageCollectJob', 'Asia/Seoul'),
    next('jwtKeyRotationJob', 'Asia/Seoul'),
    next('tokenCleanupJob', 'Asia/Seoul'),
  ]).toEqual(['2026-11-25T19:10:00.000Z', '2026-11-25T01:00:00.000Z', '2026-11-25T00:30:00.000Z'])
  expect(next('listenerDeadletterRestoreJob', 'Asia/Seoul')).toBe('2026-11-25T00:01:00.000Z')
  expect([JOBS['jwtKeyInitJob']?.schedule, JOBS['searchReindexJob']?.schedule]).toEqual([
    undefined,
    undefined,
  ])
})

test('a run that was killed is marked ABANDONED by the next, which does not wait for it for ever', async () => {
  await database.sql`insert into batch.job_run (job) values ('counterReconcileJob')`
  await database.sql`insert into batch.job_lease (job, holder, expires_at) values ('counterReconcileJob', gen_random_uuid(), now() - interval '1 second')`
  expect((await runJob({ sql, owners, log }, 'counterReconcileJob')).outcome).toBe('SUCCEEDED')
  expect((await runs()).map(({ outcome }) => outcome)).toEqual(['ABANDONED', 'SUCCEEDED'])
})

test('an unknown job is refused in one line that names the known ones', async () => {
  await expect(runJob({ sql, owners, log }, 'washTheDishesJob')).rejects.toThrow(
    `there is no job 'washTheDishesJob'; there are: ${Object.keys(JOBS).join(', ')}`,
  )
  await expect(runJob({ sql, owners, log }, '__proto__')).rejects.toThrow(
    "there is no job '__proto__'",
  )
})

test('/api/admin is for administrators alone, judged anew on every call', async () => {
  const tokens = await testTokens()
  const config = readBatchConfigOrThrow({
    DATABASE_URL: database.urlOf('batch'),
    LOG_LEVEL: 'silent',
    INTERNAL_TOKEN: 'a-token-of-at-least-32-characters-x',
    INTERNAL_CALLERS: 'gateway:'.padEnd(72, '0'),
  })
  const nowhere = 'http://127.0.0.1:1'
  const urls = {
    activity: nowhere,
    search: nowhere,
    content: nowhere,
    member: nowhere,
    timeline: nowhere,
  }
  const deadLetterOwners = createDeadLetterOwners(urls, config.INTERNAL_TOKEN)
  const topicOwners = createTopicOwners(urls, config.INTERNAL_TOKEN)
  const log = createLog('batch', 'silent')
  const app = await batchApp({
    config,
    context: { sql, owners, deadLetterOwners, topicOwners, verifier: tokens.verifier, log },
    log,
  })
  const memberId = await insertMember(database.sql, 'operator')
  const headers = { authorization: await tokens.bearerOf(memberId) }
  const list = () => app.inject({ url: '/api/admin/jobs', headers })
  expect([(await list()).statusCode, (await list()).json().code]).toEqual([403, 'MEMBER_FORBIDDEN'])
  expect((await app.inject({ url: '/api/admin/jobs' })).statusCode).toBe(401)
  await database.sql`update member.member set role = 'ADMIN' where id = ${memberId}`
  const run = await app.inject({
    method: 'POST',
    url: '/api/admin/jobs/counterReconcileJob/run',
    headers,
  })
  expect(run.json().data).toEqual({ outcome: 'SUCCEEDED', figures: { corrected: 2 } })
  expect(
    (await app.inject({ method: 'POST', url: '/api/admin/jobs/nonsense/run', headers })).statusCode,
  ).toBe(404)
  // A job of minutes does not keep its administrator waiting; the list tells how it ends.
  let finish = (_figures: Record<string, number>) => {}
  answer = () =>
    new Promise((resolve) => {
      finish = resolve
    })
  const slow = await app.inject({
    method: 'POST',
    url: '/api/admin/jobs/searchReindexJob/run',
    headers,
  })
  expect(slow.json().data).toEqual({ outcome: 'STILL_RUNNING' })
  // What was tried is noted, what was only looked at is not.
  const acts = await database.sql<
    { act: string; address: string }[]
  >`select act, address from member.audit where member_id = ${memberId} and type = 'ADMIN_ACTED' order by id`
  expect(acts.map(({ act }) => act)).toEqual([
    'POST /api/admin/jobs/counterReconcileJob/run',
    'POST /api/admin/jobs/nonsense/run',
    'POST /api/admin/jobs/searchReindexJob/run',
  ])
  expect(acts[0]?.address).toBe('127.0.0.1')
  const ofReindex = async () =>
    (await list()).json().data.find(({ job }: { job: string }) => job === 'searchReindexJob')
      .lastRun
  expect(await ofReindex()).toMatchObject({ endedAt: null, outcome: null })
  finish({ posts: 7 })
  await vi.waitFor(async () =>
    expect(await ofReindex()).toMatchObject({ outcome: 'SUCCEEDED', figures: { posts: 7 } }),
  )
  const states = (await list()).json().data
  expect(states.find(({ job }: { job: string }) => job === 'counterReconcileJob')).toMatchObject({
    owners: ['content'],
    schedule: '10 3 * * *',
    lastRun: { outcome: 'SUCCEEDED' },
  })
  await database.sql`update member.member set role = 'MEMBER' where id = ${memberId}`
  expect((await list()).statusCode).toBe(403)
  await app.close()
  await deadLetterOwners.close()
}, 15_000)
