import { join } from 'node:path'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { Piscina } from 'piscina'

/** Each takes a core and 19 MiB for some 15 ms: more at once would only make all of them late. */
const AT_ONCE = 2
const WAITING = 200
/** Whoever reads feeds on the same cores comes first; who logs in waits. As `nice` counts. */
const NICENESS = 15
const IDLE_MILLISECONDS = 60_000

/** Without `compareWith`: to be hashed. */
export interface HashingTask {
  password: string
  compareWith?: string
}

export interface PasswordHashing {
  /** A PHC string. */
  hash(password: string): Promise<string>
  /** Costs the same where there is no hash to compare with, so that an answer's time tells nothing. */
  verify(hash: string | null | undefined, password: string): Promise<boolean>
  close(): Promise<void>
}

/** One spelling of what a person typed, whichever keyboard composed it. */
const normalise = (password: string) => password.normalize('NFKC')

/** Threads of their own, at most two, which give way to everything else; when two hundred wait, the next are refused with 503. */
export function createPasswordHashing(): PasswordHashing {
  // Made with the first password: a service that only reads profiles never needs it.
  let threads: Promise<Piscina> | undefined
  const start = async (): Promise<Piscina> => {
    const { Piscina } = await import('piscina')
    return new Piscina({
      filename: join(import.meta.dirname, 'password-hashing-worker.mjs'),
      minThreads: 0,
      maxThreads: AT_ONCE,
      maxQueue: WAITING,
      niceIncrement: NICENESS,
      idleTimeout: IDLE_MILLISECONDS,
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
    })
  }
  let dummy: Promise<string> | undefined

  async function run(task: HashingTask): Promise<string | boolean> {
    threads ??= start()
    const pool = await threads
    if (pool.queueSize >= WAITING)
      throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2 })
    return pool.run(task)
  }

  const hash = async (password: string) => (await run({ password: normalise(password) })) as string

  /** Compared with where there is no hash. Begun with the first password, whoever's, so that it is there by then. */
  function beginDummy(): Promise<string> {
    if (dummy !== undefined) return dummy
    const begun = hash('a password that nobody has')
    // One that was refused, or ended with the service, is begun anew; perhaps nobody waits for it.
    begun.catch(() => {
      dummy = undefined
    })
    dummy = begun
    return begun
  }

  return {
    hash,
    async verify(known, password) {
      const begun = beginDummy()
      const isRight = await run({
        password: normalise(password),
        compareWith: known ?? (await begun),
      })
      return isRight === true && typeof known === 'string'
    },
    async close() {
      await (await threads)?.destroy()
    },
  }
}
