import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import { containerServerOf, findContainerEngine } from '../containers.ts'
import { freePort } from '../free-port.ts'
import { type ServerProcess, serverProcessOf } from '../server-process.ts'

export interface LocalRedis {
  /** As REDIS_URL takes it. */
  url: string
  server: ServerProcess
  untilReady(): Promise<void>
  stop(): Promise<void>
}

const isThere = (command: string): boolean =>
  spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined

/** Starts a Redis with these arguments; `folder` is the one it knows. */
export type RedisProgram = (folder: string, args: readonly string[]) => ServerProcess

const IMAGE = 'docker.io/library/redis:8'

/**
 * A Redis server that is installed, the distribution's (as root on Debian), or that of a container where Docker or Podman
 * answers. Or why there is none.
 */
export async function provideRedis(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<RedisProgram | { reason: string }> {
  const installed = ['redis-server', 'valkey-server'].find(isThere) ?? installOnDebian(env, say)
  if (installed !== undefined)
    return (folder, args) => serverProcessOf({ folder, command: installed, args })
  const engine = findContainerEngine()
  if (engine === undefined) return { reason: 'no redis-server found; install it, or start Docker' }
  return (folder, args) =>
    containerServerOf({
      engine,
      image: IMAGE,
      folder,
      folders: [folder],
      command: ['redis-server', ...args],
    })
}

function installOnDebian(env: NodeJS.ProcessEnv, say: (line: string) => void): string | undefined {
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) return undefined
  say('installing Redis…')
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-q', '-y', ...args], {
      stdio: ['ignore', 'ignore', 'ignore'],
      // Its package would start a server of its own on the well-known port.
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    })
  apt('update')
  apt('install', '--no-install-recommends', 'redis-server')
  return isThere('redis-server') ? 'redis-server' : undefined
}

interface LocalRedisOptions {
  port?: number
  /** Further arguments of the server. */
  settings?: readonly string[]
}

/** Redis on this machine, on the loopback address, in memory alone: nothing that it holds is the truth. */
export async function startLocalRedis(
  program: RedisProgram,
  folder: string,
  options: LocalRedisOptions = {},
): Promise<LocalRedis> {
  const { port = await freePort(), settings = [] } = options
  await mkdir(folder, { recursive: true })
  const places = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--logfile',
    join(folder, 'redis.log'),
  ]
  const args = [...places, '--save', '', '--appendonly', 'no', ...settings]
  const server = program(folder, args)
  const url = `redis://127.0.0.1:${port}`
  async function untilReady(): Promise<void> {
    const client = openRedis(url)
    try {
      for (let waited = 0; waited < 10_000; waited += 25) {
        const answer = await client.setting('dir').catch(() => undefined)
        // Its own folder: on its port another one could answer.
        if (answer === folder) return
        if (server.pid() === undefined)
          throw new Error(`Redis ended before it was ready; see ${join(folder, 'redis.log')}`)
        await sleep(25)
      }
      throw new Error(`Redis was not ready in 10 s; see ${join(folder, 'redis.log')}`)
    } finally {
      await client.close()
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
