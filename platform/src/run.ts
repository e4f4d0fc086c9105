import { resolve } from 'node:path'
import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { startFailureOf } from '@dailyfeed/http-server/run-main'
import { handleStopSignals } from '@dailyfeed/http-server/stop-signals'
import { readPlatformConfigOrThrow } from './config.ts'
import { dataDirErrorOf } from './data-dir.ts'
import { makeDemoData } from './demo/demo-data.ts'
import { findDemoLogin } from './demo/demo-login.ts'
import { type Platform, startPlatform } from './platform.ts'

/** Time beside SHUTDOWN_TIMEOUT_SECONDS in which PostgreSQL and other servers stop. */
const SERVERS_STOP_MILLISECONDS = { alone: 500, full: 20_000 }
/** Time in which a start that is interrupted ends its current step and releases everything. */
const START_STOP_MILLISECONDS = 9_000
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
  let closesWithin = START_STOP_MILLISECONDS
  handleStopSignals({
    onFirst() {
      say('stopping…')
      const servers = isFull ? SERVERS_STOP_MILLISECONDS.full : SERVERS_STOP_MILLISECONDS.alone
      setTimeout(() => process.exit(1), closesWithin + servers).unref()
      stopping.abort()
    },
    onSecond: () => process.exit(1),
  })

  let platform: Platform
  try {
    platform = await start({ env, args, startedAt }, isFull, stopping.signal)
  } catch (error) {
    // Everything that had been started is stopped. An error after the signal is a consequence of it.
    if (stopping.signal.aborted) process.exit(0)
    fail(`dailyfeed cannot start: ${sentenceOf(error, env)}`)
  }
  closesWithin = platform.closesWithin
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
