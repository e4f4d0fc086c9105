import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { freePortRange, type PlatformProcess, startPlatformProcess } from '../platform-process.ts'
import { eventually } from '../eventually.ts'
import { ask, clientAt } from '../http-client.ts'
import { newMember } from './client.ts'

const ROOT = join(import.meta.dirname, '..', '..')
let started: PlatformProcess[] = []
let folders: string[] = []

afterEach(async () => {
  for (const platform of started) await platform.stop()
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
  started = []
  folders = []
})

async function start(
  options: Parameters<typeof startPlatformProcess>[0] = {},
): Promise<PlatformProcess> {
  const platform = await startPlatformProcess(options)
  started.push(platform)
  return platform
}

/** Starts the platform, which is expected to fail. Returns its exit code and the lines it printed. */
async function failingStart(
  env: Record<string, string>,
): Promise<{ code: number; lines: string[] }> {
  const child = spawn(process.execPath, ['platform/src/main.ts'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], DEMO_DATA: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const [code] = await once(child, 'exit')
  return { code, lines: output.trim().split('\n') }
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dailyfeed-start-'))
  folders.push(folder)
  return folder
}

const commands = () => execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
const processesOf = (platform: PlatformProcess, cluster: string) =>
  commands().filter((line) => line.includes(cluster) || line.trim().startsWith(`${platform.pid} `))

/** The folder of PostgreSQL's data: the one that `DATA_DIR/postgres-folder` names, if it exists. */
const clusterOf = async ({ dataDir }: PlatformProcess) =>
  readFile(join(dataDir, 'postgres-folder'), 'utf8').catch(() => join(dataDir, 'postgres'))

test('SIGTERM ends the platform with exit code 0 and leaves no process behind', async () => {
  const platform = await start()
  const cluster = await clusterOf(platform)
  expect(processesOf(platform, cluster).length).toBeGreaterThan(1)
  // An orderly stop that took longer than the platform allows itself would end with another code.
  expect(await platform.stop()).toBe(0)
  expect(processesOf(platform, cluster)).toEqual([])
})

test('a second signal ends the platform at once, and PostgreSQL with it', async () => {
  const platform = await start({ env: { SHUTDOWN_DELAY_SECONDS: '300' } })
  const cluster = await clusterOf(platform)
  platform.kill('SIGTERM')
  await eventually('the platform announces its end', async () => {
    const { status, body } = await ask(clientAt(platform.url), { url: '/healthz/ready' })
    return status === 503 && body.components.shutdown?.state === 'DOWN'
  })
  platform.kill('SIGTERM')
  expect(await platform.ended).toBe(1)
  await eventually('PostgreSQL has stopped', () => processesOf(platform, cluster).length === 0)
})

test('kill -9 and a restart lose no acknowledged write, although PostgreSQL outlived the kill', async () => {
  const first = await start()
  const member = await newMember({}, first.url)
  const acknowledged: number[] = []
  let running = true
  const load = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (running) {
        const answer = await ask(member, { url: '/api/posts', body: { content: 'kept' } }).catch(
          () => undefined,
        )
        if (answer?.status === 201) acknowledged.push(answer.body.data.id)
        else await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }),
  )
  await eventually(
    'a hundred writes are acknowledged',
    () => acknowledged.length,
    (writes) => writes > 100,
  )
  first.kill('SIGKILL')
  running = false
  await load
  await first.ended

  const second = await start({ dataDir: first.dataDir, port: first.port })
  const { body } = await ask(clientAt(second.url), {
    as: member.bearer,
    url: '/api/timeline/posts/query/list',
    body: { ids: acknowledged.slice(0, 1_000) },
  })
  expect(body.data).toHaveLength(Math.min(1_000, acknowledged.length))
})

test('a second start on a used port or DATA_DIR prints one line and exits with 1', async () => {
  const platform = await start()
  const onPort = await failingStart({
    PORT: String(platform.port),
    DATA_DIR: await temporaryFolder(),
  })
  expect(onPort.code).toBe(1)
  expect(onPort.lines).toEqual([
    `dailyfeed cannot start: port ${platform.port} is in use; stop the program that uses it, or set PORT to another port`,
  ])
  const onFolder = await failingStart({
    PORT: String(await freePortRange()),
    DATA_DIR: platform.dataDir,
  })
  expect(onFolder.code).toBe(1)
  expect(onFolder.lines).toHaveLength(1)
  expect(onFolder.lines[0]).toContain(
    `${platform.dataDir} is in use by another dailyfeed (process ${platform.pid})`,
  )
})

test('a start names the port when that of another service is taken', async () => {
  const port = await freePortRange()
  const other = createServer().listen(port + 3, '127.0.0.1')
  await once(other, 'listening')
  const { code, lines } = await failingStart({
    PORT: String(port),
    DATA_DIR: await temporaryFolder(),
  })
  other.close()
  expect([code, lines]).toEqual([
    1,
    [
      `dailyfeed cannot start: port ${port + 3} is in use (needed beside PORT=${port}); stop the program that uses it, or set PORT to another port`,
    ],
  ])
})

test.each([
  [{ PORT: 'eighty' }, "PORT is 'eighty'; it must be a whole number from 1 to 65535"],
  [
    { LOG_LEVEL: 'loud' },
    "LOG_LEVEL is 'loud'; it must be trace or debug or info or warn or error or fatal or silent",
  ],
  [{ RATE_LIMIT: 'maybe' }, "RATE_LIMIT is 'maybe'; it must be on or off"],
  [
    { NODE_ENV: 'production', DEMO_DATA: 'on' },
    "DEMO_DATA is 'on'; with NODE_ENV=production it must be off",
  ],
])(
  'a wrong setting stops the start with one line that names the setting: %j',
  async (env, sentence) => {
    const { code, lines } = await failingStart({
      DATA_DIR: await temporaryFolder(),
      ...env,
    } as Record<string, string>)
    expect([code, lines]).toEqual([1, [`dailyfeed cannot start: ${sentence}`]])
  },
)

test('the first start creates demo data through the API and prints a login that works', async () => {
  const platform = await start({ env: { DEMO_DATA: 'on', RATE_LIMIT: 'on' } })
  const [, email, password] = /Demo login: +(\S+) \/ (\S+)/.exec(platform.output()) ?? []
  const login = await ask(clientAt(platform.url), {
    url: '/api/authentication/login',
    body: { email, password },
  })
  expect(login.status).toBe(200)
  const feed = await ask(clientAt(platform.url), {
    as: login.headers.get('authorization') ?? '',
    url: '/api/timeline/posts/followings',
  })
  expect(feed.body.data.content.length).toBeGreaterThan(3)
})

test('the gateway serves the page, the docs and one OpenAPI 3.1 document of all public paths', async () => {
  const platform = await start()
  const page = await ask(clientAt(platform.url), { url: '/' })
  expect([page.status, page.headers.get('content-type')]).toEqual([
    200,
    expect.stringContaining('text/html'),
  ])
  expect((await ask(clientAt(platform.url), { url: '/docs/' })).status).toBe(200)
  expect((await ask(clientAt(platform.url), { url: '/healthz/ready' })).status).toBe(200)
  const { body } = await ask(clientAt(platform.url), { url: '/openapi.json' })
  expect(body.openapi).toBe('3.1.0')
  const paths = Object.keys(body.paths)
  for (const path of [
    '/api/authentication/login',
    '/api/members/profile',
    '/api/posts',
    '/api/timeline/posts/followings',
    '/api/search/posts',
    '/api/images/upload',
    '/api/member-activities',
  ])
    expect(paths).toContain(path)
  expect(
    paths.filter((path) => !path.startsWith('/api/') && path !== '/.well-known/jwks.json'),
  ).toEqual([])
  for (const path of [
    '/internal/member-activity-events',
    '/internal/jobs/tokenCleanupJob',
    '/metrics',
    '/api/..%2finternal/jobs/x',
  ]) {
    const { status, body } = await ask(clientAt(platform.url), { url: path, body: {} })
    expect(status, `${path} → ${JSON.stringify(body).slice(0, 100)}`).toBeGreaterThanOrEqual(401)
  }
})
