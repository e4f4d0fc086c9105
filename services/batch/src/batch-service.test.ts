import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { eventually } from '@dailyfeed/tests/eventually'
import { type KeySetServer, startKeySetServer } from '@dailyfeed/tests/key-set-server'
import { afterAll, beforeAll, expect, test } from 'vitest'

const MAIN = join(import.meta.dirname, 'main.ts')
const NOWHERE = 'http://127.0.0.1:1'
let database: TestDatabase
let env: NodeJS.ProcessEnv
let keySet: KeySetServer

beforeAll(async () => {
  database = await testDatabase()
  const addresses = Object.fromEntries(
    ['MEMBER', 'CONTENT', 'SEARCH', 'IMAGE', 'ACTIVITY'].map((owner) => [`${owner}_URL`, NOWHERE]),
  )
  const secrets = { INTERNAL_TOKEN: 'the-token-of-batch-svc-in-tests-only-x', INTERNAL_CALLERS: '' }
  keySet = await startKeySetServer()
  env = {
    PATH: process.env['PATH'],
    DATABASE_URL: database.urlOf('batch'),
    LOG_LEVEL: 'silent',
    JWKS_URL: keySet.url,
    PORT: String(await freePort()),
    ...addresses,
    ...secrets,
  }
})
afterAll(async () => {
  await keySet.stop()
  await database.drop()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const run = (
  job: string,
  extra: NodeJS.ProcessEnv = {},
): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, job],
      { env: { ...env, ...extra } },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })

test('batch-svc starts with its own login, refuses anonymous calls, and stops with exit code 0', async () => {
  const service = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(service, 'exit')
  const [line] = await once(service.stdout.setEncoding('utf8'), 'data')
  const url = `http://127.0.0.1:${env['PORT']}`
  expect(line).toBe(`batch-svc listens on ${url}\n`)
  await eventually(
    'batch-svc is ready',
    async () => (await fetch(`${url}/healthz/ready`)).status === 200,
  )
  expect((await fetch(`${url}/api/admin/jobs`)).status).toBe(401)
  service.kill('SIGTERM')
  expect((await exited)[0]).toBe(0)
})

test('a job with an unreachable owner exits with 1, names the owner, and is in the history', async () => {
  const { code, stdout } = await run('counterReconcileJob')
  expect([code, JSON.parse(stdout)]).toMatchObject([
    1,
    { job: 'counterReconcileJob', outcome: 'FAILED', error: 'content cannot be reached' },
  ])
  const history =
    await database.sql`select outcome, error from batch.job_run where job = 'counterReconcileJob'`
  expect([...history]).toEqual([{ outcome: 'FAILED', error: 'content cannot be reached' }])
})

test('an unknown job exits with 1 and one line that names the known jobs', async () => {
  const { code, stderr } = await run('washTheDishesJob')
  expect(code).toBe(1)
  expect((await run('washTheDishesJob', { DATABASE_URL: '' })).stderr).toBe(stderr)
  expect(stderr).toMatch(
    /^there is no job 'washTheDishesJob'; the jobs are: jwtKeyInitJob, [^\n]+\n$/,
  )
})
