import { testTokens } from '@dailyfeed/tests/tokens'
import { insertMember } from '@dailyfeed/tests/members'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { Cron } from 'croner'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { batchFixture } from '../batch-fixture.ts'
import type { JobOwners } from './job-owners.ts'
import { runJob } from './job.service.ts'
import { JOBS } from './job-table.ts'
import { runScheduledJob } from './scheduler.ts'

const log = { info() {}, warn() {}, error() {} }
let database: TestDatabase
let sql: Sql
let asked: string[]
let answer: (owner: string) => Promise<Record<string, number>>
const jobOwners: JobOwners = {
  async runJob(owner, job) {
    asked.push(`${owner} ${job}`)
    return answer(owner)
  },
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

test('a job runs at every owner; the sum of its figures is recorded', async () => {
  expect(await runJob({ sql, jobOwners, log }, 'listenerDeadletterRestoreJob')).toEqual({
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

test('an unreachable owner fails the run and is named; the other owners still run the job', async () => {
  answer = async (owner) => {
    if (owner === 'search') throw new Error('search cannot be reached')
    return { restored: 1 }
  }
  expect(await runJob({ sql, jobOwners, log }, 'listenerDeadletterRestoreJob')).toEqual({
    outcome: 'FAILED',
    figures: { restored: 2 },
    error: 'search cannot be reached',
  })
  expect((await runs())[0]).toMatchObject({ outcome: 'FAILED', error: 'search cannot be reached' })
})

test('ten simultaneous requests run the job once; nine answer RUNS_ALREADY', async () => {
  const work = Promise.withResolvers<Record<string, number>>()
  answer = () => work.promise
  const outcomes: string[] = []
  const all = Array.from({ length: 10 }, async () => {
    const { outcome } = await runJob({ sql, jobOwners, log }, 'counterReconcileJob')
    outcomes.push(outcome)
  })
  await vi.waitFor(() => expect(outcomes).toHaveLength(9), { timeout: 60_000 })
  work.resolve({ corrected: 1 })
  await Promise.all(all)
  expect(outcomes.sort()).toEqual([...Array(9).fill('RUNS_ALREADY'), 'SUCCEEDED'])
  expect(asked).toEqual(['content counterReconcileJob'])
})

test('one of two schedulers runs a job for a minute, even if the clock of the other is behind', async () => {
  const minute = Date.parse('2026-11-25T03:10:00.000Z')
  const run = async (now: number) =>
    (await runScheduledJob({ sql, jobOwners, log }, 'counterReconcileJob', now)).outcome
  expect((await Promise.all([run(minute + 3), run(minute + 5)])).sort()).toEqual([
    'BEGUN_BY_ANOTHER',
    'SUCCEEDED',
  ])
  // The run has ended and released its lease.
  expect([await run(minute + 1_900), await run(minute - 40)]).toEqual([
    'BEGUN_BY_ANOTHER',
    'BEGUN_BY_ANOTHER',
  ])
  expect([await run(minute + 60_001), await run(minute + 60_800)]).toEqual([
    'SUCCEEDED',
    'BEGUN_BY_ANOTHER',
  ])
  expect(asked).toHaveLength(2)
  // A request of an administrator runs it regardless of the schedule.
  expect((await runJob({ sql, jobOwners, log }, 'counterReconcileJob')).outcome).toBe('SUCCEEDED')
})

test('schedules are times in TOPIC_TIME_ZONE', () => {
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

test('the next run marks a killed run ABANDONED and takes its expired lease', async () => {
  await database.sql`insert into batch.job_run (job) values ('counterReconcileJob')`
  await database.sql`insert into batch.job_lease (job, holder, expires_at) values ('counterReconcileJob', gen_random_uuid(), now() - interval '1 second')`
  expect((await runJob({ sql, jobOwners, log }, 'counterReconcileJob')).outcome).toBe('SUCCEEDED')
  expect((await runs()).map(({ outcome }) => outcome)).toEqual(['ABANDONED', 'SUCCEEDED'])
})

test('an unknown job is refused in one line that names the known jobs', async () => {
  await expect(runJob({ sql, jobOwners, log }, 'washTheDishesJob')).rejects.toThrow(
    `there is no job 'washTheDishesJob'; the jobs are: ${Object.keys(JOBS).join(', ')}`,
  )
  await expect(runJob({ sql, jobOwners, log }, '__proto__')).rejects.toThrow(
    "there is no job '__proto__'",
  )
})

test('only administrators may list and run jobs; their role is checked on every call', async () => {
  const tokens = await testTokens()
  const batch = await batchFixture({ database, tokens, jobOwners })
  const memberId = await insertMember(database.sql, 'newcomer')
  const list = () => batch.ask({ as: memberId, url: '/api/admin/jobs' })
  const run = (job: string) =>
    batch.ask({ as: memberId, method: 'POST', url: `/api/admin/jobs/${job}/run` })
  const refused = await list()
  expect([refused.status, refused.body.code]).toEqual([403, 'MEMBER_FORBIDDEN'])
  expect((await batch.ask({ as: undefined, url: '/api/admin/jobs' })).status).toBe(401)
  await database.sql`update member.member set role = 'ADMIN' where id = ${memberId}`
  expect((await run('counterReconcileJob')).body.data).toEqual({
    outcome: 'SUCCEEDED',
    figures: { corrected: 2 },
  })
  expect((await run('nonsense')).status).toBe(404)
  // An administrator does not wait for a job of minutes; the list shows its outcome later.
  let finish = (_figures: Record<string, number>) => {}
  answer = () =>
    new Promise((resolve) => {
      finish = resolve
    })
  expect((await run('searchReindexJob')).body.data).toEqual({ outcome: 'STILL_RUNNING' })
  // Attempts to run a job are recorded, reads are not.
  const actions = await database.sql<
    { act: string; address: string }[]
  >`select act, address from member.audit where member_id = ${memberId} and type = 'ADMIN_ACTED' order by id`
  expect(actions.map(({ act }) => act)).toEqual([
    'POST /api/admin/jobs/counterReconcileJob/run',
    'POST /api/admin/jobs/nonsense/run',
    'POST /api/admin/jobs/searchReindexJob/run',
  ])
  expect(actions[0]?.address).toBe('127.0.0.1')
  const lastReindex = async () =>
    (await list()).body.data.find(({ job }: { job: string }) => job === 'searchReindexJob').lastRun
  expect(await lastReindex()).toMatchObject({ endedAt: null, outcome: null })
  finish({ posts: 7 })
  await vi.waitFor(async () =>
    expect(await lastReindex()).toMatchObject({ outcome: 'SUCCEEDED', figures: { posts: 7 } }),
  )
  const states = (await list()).body.data
  expect(states.find(({ job }: { job: string }) => job === 'counterReconcileJob')).toMatchObject({
    owners: ['content'],
    schedule: '10 3 * * *',
    lastRun: { outcome: 'SUCCEEDED' },
  })
  await database.sql`update member.member set role = 'MEMBER' where id = ${memberId}`
  expect((await list()).status).toBe(403)
  await batch.close()
}, 60_000)
