import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { startFailureOf } from '@dailyfeed/http-server/run-main'
import { handleStopSignals } from '@dailyfeed/http-server/stop-signals'
import { readPlatformConfigOrThrow } from './config.ts'
import { demoLoginOf, makeDemoData } from './demo/demo-data.ts'
import { type Platform, startPlatform } from './platform.ts'

/** Time beside SHUTDOWN_TIMEOUT_SECONDS in which PostgreSQL and other servers stop. */
const SERVERS_STOP_MILLISECONDS = { alone: 500, full: 20_000 }
const say = (line: string) => void process.stdout.write(`${line}\n`)

interface RunOptions {
  env: NodeJS.ProcessEnv
  /** Command-line arguments. */
  args: readonly string[]
  /** `performance.now()` */
  startedAt: number
}

/** Runs `npm start` and `npm run start:full` in the terminal, from the first line of output to the last. */
export async function run({ env, args, startedAt }: RunOptions): Promise<void> {
  let platform: Platform | undefined
  let stopping = false
  const isFull = args[0] === 'full'

  const stop = async () => {
    stopping = true
    say('stopping…')
    const servers = isFull ? SERVERS_STOP_MILLISECONDS.full : SERVERS_STOP_MILLISECONDS.alone
    setTimeout(() => process.exit(1), (platform?.closesWithin ?? 0) + servers).unref()
    await platform?.stop()
    process.exit(0)
  }
  handleStopSignals({ onFirst: () => void stop(), onSecond: () => process.exit(1) })

  try {
    const [mode, ...more] = args
    if ((mode !== undefined && mode !== 'full') || more.length > 0)
      throw new ConfigurationError(
        `'${args.join(' ')}' is not known; use 'full' to start Apache Kafka, Redis and OpenSearch, too, or no argument`,
      )
    const config = readPlatformConfigOrThrow(env)
    platform = await startPlatform({ config, env, isFull, say })
    // A signal arrived during the start: everything that has started is stopped.
    if (stopping) await platform.stop()
    if (config.DEMO_DATA === 'on') await makeDemoData(platform, config.DATA_DIR, say)
    const login = await demoLoginOf(config.DATA_DIR)
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    say(`dailyfeed is ready in ${seconds} s: ${platform.url}`)
    say(`API documents:          ${platform.url}/docs`)
    if (login !== undefined) say(`Demo login:             ${login.email} / ${login.password}`)
    say('Ctrl-C stops it; the data is kept.')
  } catch (error) {
    process.stderr.write(`dailyfeed cannot start: ${startFailureOf(error)}\n`)
    process.exit(1)
  }
}
