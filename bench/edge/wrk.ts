import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface WrkTarget {
  url: string
  headers?: Record<string, string>
}

/** Enough that the server never waits for the client, which is one thread. */
const CONNECTIONS = 32
const SECONDS = 1
const WARM_UP_SECONDS = 4

const MISSING =
  'wrk is not on the PATH. It is the load of this bench, since a client in Node takes more of the ' +
  'processors than the server that it measures. Install it with `apt-get install wrk` (Debian, ' +
  'Ubuntu), `brew install wrk` (macOS), or from https://github.com/wg/wrk.'

/** Throws an error that says how to install wrk where it is missing. */
export async function requireWrk(): Promise<void> {
  try {
    await run('wrk', ['--version'])
  } catch (error) {
    // `wrk --version` prints its version and ends with 1.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Error(MISSING)
  }
}

/**
 * Requests per second that a server answers to one thread of wrk. Throws when an answer was not 2xx,
 * since refusals are faster than answers.
 */
export async function wrkRate(
  { url, headers = {} }: WrkTarget,
  seconds = SECONDS,
  connections = CONNECTIONS,
): Promise<number> {
  const options = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, ...options, url])
  const failures = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1]
  if (failures !== undefined) throw new Error(`${url}: ${failures} answers were not 2xx or 3xx`)
  const socketErrors = /Socket errors: (.*)/.exec(stdout)?.[1]
  if (socketErrors !== undefined) throw new Error(`${url}: socket errors: ${socketErrors}`)
  const rate = Number(/Requests\/sec: +([\d.]+)/.exec(stdout)?.[1])
  if (!(rate > 0)) throw new Error(`${url}: wrk printed no rate:\n${stdout}`)
  return rate
}

/** Lets the server compile its hot code before the first measurement. */
export const warmUp = (target: WrkTarget) => wrkRate(target, WARM_UP_SECONDS)
