import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from '../http-client.ts'
import { type Member, newMember } from './client.ts'
import { dailyfeed } from './dailyfeed.ts'

let member: Member
let empty: string

beforeAll(async () => {
  member = await newMember()
  empty = await mkdtemp(join(tmpdir(), 'dailyfeed-cli-'))
})
afterAll(() => rm(empty, { recursive: true, force: true }))

test('seed loads members, follows and posts, which feeds and search return', async () => {
  const { code, stdout } = await dailyfeed([
    'seed',
    '--members',
    '200',
    '--posts',
    '2000',
    '--follows',
    '3000',
    '--json',
  ])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ members: 200, posts: 2_000, follows: 3_000 })
  const feed = await ask(member, { url: '/api/timeline/posts/recent-activities?size=5' })
  expect(feed.body.data.content).toHaveLength(5)
  const found = await ask(member, {
    url: `/api/search/posts?keyword=${encodeURIComponent('한강')}`,
  })
  expect(found.body.data.totalElements).toBeGreaterThan(0)
})

test('grant-admin makes an administrator, and refuses an unknown handle', async () => {
  expect((await ask(member, { url: '/api/admin/jobs' })).status).toBe(403)
  const granted = await dailyfeed(['members', 'grant-admin', '--handle', member.handle, '--json'])
  expect([granted.code, JSON.parse(granted.stdout)]).toEqual([
    0,
    { id: member.id, handle: member.handle, role: 'ADMIN' },
  ])
  expect((await ask(member, { url: '/api/admin/jobs' })).status).toBe(200)
  const unknown = await dailyfeed(['members', 'grant-admin', '--handle', 'nobody_at_all'])
  expect([unknown.code, unknown.stderr]).toEqual([
    1,
    "dailyfeed: no member has the handle 'nobody_at_all'\n",
  ])
})

test('the audit of an account lists granted and revoked roles; an unknown handle exits with 1', async () => {
  const revoked = await dailyfeed(['members', 'revoke-admin', '--handle', member.handle])
  expect([revoked.code, revoked.stdout]).toEqual([
    0,
    `@${member.handle} is an ordinary member now\n`,
  ])
  expect((await ask(member, { url: '/api/admin/jobs' })).status).toBe(403)
  const audit = await dailyfeed([
    'members',
    'audit',
    '--handle',
    `@${member.handle}`,
    '--limit',
    '2',
    '--json',
  ])
  expect(JSON.parse(audit.stdout)).toMatchObject([
    { type: 'ADMIN_REVOKED' },
    { type: 'ADMIN_GRANTED' },
  ])
  const lines = await dailyfeed(['members', 'audit', '--handle', member.handle])
  expect(lines.stdout).toMatch(/LOGGED_IN +127\.0\.0\.1 /)
  const unknown = await dailyfeed(['members', 'audit', '--handle', 'nobody_at_all'])
  expect([unknown.code, unknown.stderr]).toEqual([
    1,
    "dailyfeed: no member has the handle 'nobody_at_all'\n",
  ])
})

test('jobs run runs a job in its service, and lists the known jobs for an unknown name', async () => {
  const done = await dailyfeed(['jobs', 'run', 'counterReconcileJob', '--json'])
  expect([done.code, JSON.parse(done.stdout)]).toMatchObject([0, { job: 'counterReconcileJob' }])
  const unknown = await dailyfeed(['jobs', 'run', 'washTheDishesJob'])
  expect(unknown.code).toBe(1)
  expect(unknown.stderr).toContain('counterReconcileJob')
  expect(unknown.stderr.trim().split('\n')).toHaveLength(1)
})

test.each([
  [['seed', '--members', 'many'], 'must be a whole number from 2 to 10000000'],
  [['seed', '--members', '-1'], 'must be a whole number'],
  [['nonsense'], "unknown command 'nonsense'"],
  [['members', 'grant-admin'], "required option '--handle <handle>'"],
])('dailyfeed %j exits with 1 and names the mistake', async (args, sentence) => {
  const { code, stderr } = await dailyfeed(args)
  expect(code).toBe(1)
  expect(stderr).toContain(sentence)
  expect(stderr).not.toMatch(/at .*\.ts:\d+/)
})

test('a command without a running installation fails with one line that says so', async () => {
  const { code, stderr } = await dailyfeed(['seed'], empty)
  expect([code, stderr]).toEqual([
    1,
    `dailyfeed: no dailyfeed runs in ${empty}; start it with npm start, or set DATA_DIR or DATABASE_URL\n`,
  ])
})
