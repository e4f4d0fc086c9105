import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePort } from '@dailyfeed/platform/free-port'
import { eventually } from '../eventually.ts'
import { ask, clientAt } from '../http-client.ts'
import { afterEach, expect, test } from 'vitest'

const GATEWAY = join(import.meta.dirname, '../../services/gateway/src/main.ts')
const MEMBER = join(import.meta.dirname, '../../services/member/src/main.ts')
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function run(main: string, settings: Record<string, string>) {
  const port = await freePort()
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      PORT: String(port),
      LOG_LEVEL: 'silent',
      INTERNAL_TOKEN: 'x'.repeat(32),
      DATA_DIR: '/nonexistent',
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  children.push(child)
  const client = clientAt(`http://127.0.0.1:${port}`)
  const probe = async (url: string) =>
    ask(client, { url }).catch(() => ({ status: 0, body: undefined }))
  await eventually('the process is live', async () => (await probe('/healthz/live')).status === 200)
  return { child, probe, ended: once(child, 'exit').then(([code]) => code as number | null) }
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s announces the end and keeps serving; a second signal ends the process at once',
  async (signal) => {
    const { child, probe, ended } = await run(GATEWAY, { SHUTDOWN_DELAY_SECONDS: '300' })
    child.kill(signal)
    await eventually('the readiness announces the end', async () => {
      const { body } = await probe('/healthz/ready')
      return body?.components?.shutdown?.state === 'DOWN'
    })
    expect((await probe('/healthz/live')).status).toBe(200)
    child.kill('SIGTERM')
    expect(await ended).toBe(1)
  },
)

test('a signal during the wait for a database ends the process at once, with exit code 0', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  const address = await once(silent, 'listening').then(() => silent.address())
  const { child, probe, ended } = await run(MEMBER, {
    DATABASE_URL: `postgres://x:x@127.0.0.1:${(address as { port: number }).port}/x`,
    CURSOR_KEY: 'x'.repeat(32),
    JWT_KEY_ENCRYPTION_KEY: 'x'.repeat(32),
    REFRESH_TOKEN_KEY: 'x'.repeat(32),
    INTERNAL_CALLERS: `gateway:${'0'.repeat(64)}`,
  })
  expect((await probe('/healthz/ready')).body.components.database.state).toBe('DOWN')
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  silent.close()
})
