import { ConfigurationError } from '@dailyfeed/configuration/read-config'
import { startFailureOf } from '@dailyfeed/http-server/run-main'
import { readPlatformConfigOrThrow } from './config.ts'
import { demoLoginOf, makeDemoData } from './demo/demo-data.ts'
import { type Platform, startPlatform } from './platform.ts'

/** Longer than any request may take, and than the servers beside take to end; after it the process ends all the same. */
const STOP_MILLISECONDS = { alone: 9_500, full: 30_000 }
const say = (line: string) => void process.stdout.write(`${line}\n`)

interface RunOptions {
  env: NodeJS.ProcessEnv
  /** What follows the program's name. */
  args: readonly string[]
  /** `performance.now()` */
  startedAt: number
}

/** `npm start` and `npm run start:full`: from the first line to the last, in the terminal. */
export async function run({ env, args, startedAt }: RunOptions): Promise<void> {
  let platform: Platform | undefined
  let stopping = false
  const isFull = args[0] === 'full'

  const stop = async () => {
    if (stopping) return
    stopping = true
    say('stopping…')
    setTimeout(
      () => process.exit(1),
      isFull ? STOP_MILLISECONDS.full : STOP_MILLISECONDS.alone,
    ).unref()
    await platform?.stop()
    process.exit(0)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)

  try {
    const [mode, ...more] = args
    if ((mode !== undefined && mode !== 'full') || more.length > 0)
      throw new ConfigurationError(
        `'${args.join(' ')}' is not known; give 'full' for Apache Kafka, Redis and OpenSearch beside, or nothing`,
      )
    const config = readPlatformConfigOrThrow(env)
    platform = await startPlatform({ config, env, isFull, say })
    // Asked to stop while starting: what has started by now is stopped too.
    if (stopping) await platform.stop()
    if (config.DEMO_DATA === 'on') await makeDemoData(platform, config.DATA_DIR, say)
    const login = await demoLoginOf(config.DATA_DIR)
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
    say(`dailyfeed is ready in ${seconds} s: ${platform.url}`)
    say(`API documents:          ${platform.url}/docs`)
    if (login !== undefined) say(`Demo login:             ${login.email} / ${login.password}`)
    say('Ctrl-C stops it; the data stays.')
  } catch (error) {
    process.stderr.write(`dailyfeed cannot start: ${startFailureOf(error)}\n`)
    process.exit(1)
  }
}
