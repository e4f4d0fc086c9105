import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { closeRedis, openRedis } from '@dailyfeed/redis-support/redis-client'
import { freePort } from '../free-port.ts'
import { type ServerProcess, serverProcessOf } from '../server-process.ts'

export interface LocalRedis {
  /** As REDIS_URL takes it. */
  url: string
  server: ServerProcess
  untilReady(): Promise<void>
  stop(): Promise<void>
}

const isThere = (command: string): boolean => spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined

/** The program of a Redis server: one that is installed or, as root on Debian, the distribution's. Or why there is none. */
export async function provideRedis(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<string | { reason: string }> {
  const installed = ['redis-server', 'valkey-server'].find(isThere)
  if (installed !== undefined) return installed
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) return { reason: 'no redis-server found; install it' }
  say('installing Redis…')
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-q', '-y', ...args], {
      stdio: ['ignore', 'ignore', 'ignore'],
      // Its package would start a server of its own on the well-known port.
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    })
  apt('update')
  apt('install', '--no-install-recommends', 'redis-server')
  return isThere('redis-server') ? 'redis-server' : { reason: 'apt-get could not install redis-server' }
}

/** Redis on this machine, on the loopback address, in memory alone: nothing that it holds is the truth. */
export async function startLocalRedis(command: string, folder: string): Promise<LocalRedis> {
  await mkdir(folder, { recursive: true })
  const port = await freePort()
  const server = serverProcessOf({
    folder,
    command,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no', '--logfile', join(folder, 'redis.log')],
  })
  const url = `redis://127.0.0.1:${port}`
  async function untilReady(): Promise<void> {
    const client = openRedis(url)
    try {
      for (let waited = 0; waited < 10_000; waited += 25) {
        const identity = await client.info('server').catch(() => '')
        // Its own process: on its port another one could answer.
        if (identity.includes(`process_id:${server.pid()}`)) return
        if (server.pid() === undefined) throw new Error(`Redis ended before it was ready; see ${join(folder, 'redis.log')}`)
        await sleep(25)
      }
      throw new Error(`Redis was not ready in 10 s; see ${join(folder, 'redis.log')}`)
    } finally {
      await closeRedis(client)
    }
  }
  await server.start()
  try {
    await untilReady()
  } catch (error) {
    await server.stop()
    throw error
  }
  return { url, server, untilReady, stop: () => server.stop() }
}
