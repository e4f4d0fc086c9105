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

/** Starts a Redis server with these arguments; `folder` holds its files. */
export type RedisProgram = (folder: string, args: readonly string[]) => ServerProcess

const IMAGE = 'docker.io/library/redis:8'

/**
 * An installed Redis server; as root on Debian it is installed first; otherwise one in a container if Docker or Podman is
 * running. Returns the reason when there is none.
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
      // Without the run level the package would start a server on the default port.
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

/** Starts Redis on the loopback address without persistence, since everything in it can be rebuilt. */
export async function startLocalRedis(
  program: RedisProgram,
  folder: string,
  options: LocalRedisOptions = {},
): Promise<LocalRedis> {
  const { port = await freePort(), settings = [] } = options
  await mkdir(folder, { recursive: true })
  const location = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--logfile',
    join(folder, 'redis.log'),
  ]
  const args = [...location, '--save', '', '--appendonly', 'no', ...settings]
  const server = program(folder, args)
  const url = `redis://127.0.0.1:${port}`
  async function untilReady(): Promise<void> {
    const client = openRedis(url)
    try {
      for (let waited = 0; waited < 10_000; waited += 25) {
        const answer = await client.setting('dir').catch(() => undefined)
        // Compared with its folder, since another server could answer on its port.
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
