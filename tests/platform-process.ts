import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SERVICE_NAMES, SERVICES } from '@dailyfeed/contract/services'
import { eventually } from './eventually.ts'
import { flagsOfStart } from './node-flags.ts'

const ROOT = join(import.meta.dirname, '..')

export interface PlatformProcess {
  url: string
  port: number
  pid: number
  dataDir: string
  /** The output so far. */
  output(): string
  kill(signal: NodeJS.Signals): void
  /** Resolves with the exit code when the process has ended. */
  ended: Promise<number | null>
  /** Sends SIGTERM, waits for the end, and removes the data folder unless `keepData` is set. */
  stop(options?: { keepData?: boolean }): Promise<number | null>
}

interface StartOptions {
  /** Whether to start Apache Kafka, Redis and OpenSearch beside the platform. */
  isFull?: boolean
  env?: Record<string, string>
  dataDir?: string
  port?: number
  /** The script to run, from the root of the repository: one that starts the product, and more. */
  main?: string
}

/** Starts the product as `npm start` does, with its own process and data folder, and awaits it. */
export async function startPlatformProcess({
  isFull = false,
  env = {},
  dataDir,
  port,
  main = 'platform/src/main.ts',
}: StartOptions = {}): Promise<PlatformProcess> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'dailyfeed-platform-')))
  const gatewayPort = port ?? (await freePortRange())
  const child = spawn(
    process.execPath,
    [...(await flagsOfStart()), main, ...(isFull ? ['full'] : [])],
    {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        PORT: String(gatewayPort),
        DATA_DIR: folder,
        DEMO_DATA: 'off',
        RATE_LIMIT: 'off',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const ended = once(child, 'exit').then(([code]) => code as number | null)

  await waitUntilReady(child, () => output)
  return {
    url: `http://127.0.0.1:${gatewayPort}`,
    port: gatewayPort,
    pid: child.pid ?? 0,
    dataDir: folder,
    output: () => output,
    kill: (signal) => void child.kill(signal),
    ended,
    async stop({ keepData = false } = {}) {
      child.kill('SIGTERM')
      const code = await ended
      if (!keepData) await rm(folder, { recursive: true, force: true })
      return code
    },
  }
}

async function waitUntilReady(child: ChildProcess, output: () => string): Promise<void> {
  const readOutput = () => {
    if (child.exitCode !== null)
      throw new Error(`the platform ended with ${child.exitCode} before it was ready:\n${output()}`)
    return output()
  }
  // The last line of a start: the lines before it, such as the demo login, are complete by then.
  const isReady = (text: string) => text.includes('Ctrl-C stops it')
  try {
    await eventually('the platform is ready', readOutput, isReady, { timeoutMs: 180_000 })
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

/**
 * Finds as many consecutive free ports as the platform needs, and returns the first. They are below
 * the range that the system assigns to outgoing connections.
 */
export async function freePortRange(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const first = 10_000 + Math.floor(Math.random() * 9_000)
    const all = await Promise.all(
      SERVICE_NAMES.map((name) => isFree(first + SERVICES[name].portOffset)),
    )
    if (all.every(Boolean)) return first
  }
  throw new Error('no free range of ports found')
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
