import { resolve } from 'node:path'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { startFailureOf } from '@dailyfeed/http-server/run-main'
import { readPlatformConfigOrThrow } from './config.ts'
import { dataDirErrorOf } from './data-dir.ts'
import { makeDemoData } from './demo/demo-data.ts'
import { findDemoLogin } from './demo/demo-login.ts'
import { type Platform, startPlatform } from './platform.ts'

/** Longer than any request may take, and longer than the other servers take to stop; after it the process ends anyway. */
const STOP_MILLISECONDS = { alone: 9_500, full: 30_000 }
const say = (line: string) => void process.stdout.write(`${line}\n`)

interface RunOptions {
  env: NodeJS.ProcessEnv
  /** Command-line arguments. */
  args: readonly string[]
  /** `performance.now()` */
  startedAt: number
}

/**
 * Runs `npm start` and `npm run start:full` in the terminal, from the first line of output to the
 * last. SIGINT and SIGTERM stop it at any time, also during the start, with exit code 0.
 */
export async function run({ env, args, startedAt }: RunOptions): Promise<void> {
  const stopping = new AbortController()
  const isFull = args[0] === 'full'
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (stopping.signal.aborted) return
      say('stopping…')
      setTimeout(
        () => process.exit(1),
        isFull ? STOP_MILLISECONDS.full : STOP_MILLISECONDS.alone,
      ).unref()
      stopping.abort()
    })

  let platform: Platform
  try {
    platform = await start({ env, args, startedAt }, isFull, stopping.signal)
  } catch (error) {
    // Everything that had been started is stopped. An error after the signal is a consequence of it.
    if (stopping.signal.aborted) process.exit(0)
    fail(`dailyfeed cannot start: ${sentenceOf(error, env)}`)
  }
  await aborted(stopping.signal)
  try {
    await platform.stop()
  } catch (error) {
    fail(`dailyfeed did not stop cleanly: ${sentenceOf(error, env)}`)
  }
  process.exit(0)
}

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

async function start(
  { env, args, startedAt }: RunOptions,
  isFull: boolean,
  signal: AbortSignal,
): Promise<Platform> {
  if (args.length > (isFull ? 1 : 0))
    throw new ConfigurationError(
      `'${args.join(' ')}' is not known; use 'full' to start Apache Kafka, Redis and OpenSearch, too, or no argument`,
    )
  const config = readPlatformConfigOrThrow(env)
  const platform = await startPlatform({ config, env, isFull, say, signal })
  const { url, ownerUrl } = platform
  try {
    if (config.DEMO_DATA === 'on')
      await makeDemoData({ url, ownerUrl, dataDir: config.DATA_DIR, say, signal })
    signal.throwIfAborted()
  } catch (error) {
    await platform.stop()
    throw error
  }
  const login = findDemoLogin(config.DATA_DIR)
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  say(`dailyfeed is ready in ${seconds} s: ${url}`)
  say(`API documents:          ${url}/docs`)
  if (login?.isComplete) say(`Demo login:             ${login.email} / ${login.password}`)
  say('Ctrl-C stops it; the data is kept.')
  return platform
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

function sentenceOf(error: unknown, { DATA_DIR }: NodeJS.ProcessEnv): string {
  const dataDir = resolve(DATA_DIR || '.dailyfeed')
  return dataDirErrorOf(dataDir, error)?.message ?? startFailureOf(error)
}
