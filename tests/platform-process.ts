import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SERVICE_NAMES, SERVICES } from '@dailyfeed/contract/services'
import { flagsOfStart } from './node-flags.ts'

const ROOT = join(import.meta.dirname, '..')

export interface PlatformProcess {
  url: string
  port: number
  pid: number
  dataDir: string
  /** What it has printed so far. */
  output(): string
  kill(signal: NodeJS.Signals): void
  /** The exit code, once it has ended. */
  ended: Promise<number | null>
  /** SIGTERM, and waits; removes the data folder unless told to keep it. */
  stop(options?: { keepData?: boolean }): Promise<number | null>
}

interface StartOptions {
  /** With Apache Kafka, Redis and OpenSearch beside it. */
  isFull?: boolean
  env?: Record<string, string>
  dataDir?: string
  port?: number
  /** What is run, from the root of the repository: something that starts the product, and more. */
  main?: string
}

/** The product as a person starts it, in a process and a folder of its own; settles when it is ready. */
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
  for (let waited = 0; waited < 60_000; waited += 50) {
    // The last line of the start: what stands above it (the demo login) has been printed too.
    if (output().includes('Ctrl-C stops it')) return
    if (child.exitCode !== null)
      throw new Error(`the platform ended with ${child.exitCode} before it was ready:\n${output()}`)
    await sleep(50)
  }
  child.kill('SIGKILL')
  throw new Error(`the platform was not ready within 60 s:\n${output()}`)
}

/** The first of as many free ports in a row as the platform takes, below those lent to outgoing connections. */
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
