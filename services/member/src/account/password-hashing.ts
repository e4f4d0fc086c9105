import { join } from 'node:path'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { Piscina } from 'piscina'

/** Each hash takes a core and 19 MiB for about 15 ms: more threads would only delay all of them. */
const MAX_THREADS = 2
const MAX_QUEUED = 200
/** Priority as of `nice`: requests on the same cores come first, and logins wait. */
const NICENESS = 15
const IDLE_MILLISECONDS = 60_000

/** Hashes the password, or compares it with the hash `compareWith`. */
export interface HashingTask {
  password: string
  compareWith?: string
}

export interface PasswordHashing {
  /** Returns a PHC string. */
  hash(password: string): Promise<string>
  /** Takes as long where there is no hash to compare with, so that the time of an answer reveals nothing. */
  verify(hash: string | null | undefined, password: string): Promise<boolean>
  close(): Promise<void>
}

/** Makes a password the same text whatever keyboard it is typed on. */
const normalise = (password: string) => password.normalize('NFKC')

/**
 * Hashes in at most two threads of low priority. While two hundred tasks are queued, further ones throw
 * SERVICE_UNAVAILABLE.
 */
export function createPasswordHashing(): PasswordHashing {
  // Started by the first password: a service that only serves profiles never needs the threads.
  let threads: Promise<Piscina> | undefined
  let placeholder: Promise<string> | undefined

  async function run(task: HashingTask): Promise<string | boolean> {
    threads ??= startThreads()
    const pool = await threads
    if (pool.queueSize >= MAX_QUEUED)
      throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2 })
    return pool.run(task)
  }

  const hash = async (password: string) => String(await run({ password: normalise(password) }))

  /** The hash to compare with where there is none. Made with the first password, so that it is ready in time. */
  function makePlaceholder(): Promise<string> {
    if (placeholder !== undefined) return placeholder
    const made = hash('a password that nobody has')
    // After a failure (refused, or the service ended) the next call makes it again. A rejection without a
    // caller that awaits it must not crash the process.
    made.catch(() => {
      placeholder = undefined
    })
    placeholder = made
    return made
  }

  return {
    hash,
    async verify(known, password) {
      const made = makePlaceholder()
      const isRight = await run({
        password: normalise(password),
        compareWith: known ?? (await made),
      })
      return isRight === true && typeof known === 'string'
    },
    async close() {
      await (await threads)?.destroy()
    },
  }
}

async function startThreads(): Promise<Piscina> {
  const { Piscina } = await import('piscina')
  return new Piscina({
    filename: join(import.meta.dirname, 'password-hashing-worker.mjs'),
    minThreads: 0,
    maxThreads: MAX_THREADS,
    maxQueue: MAX_QUEUED,
    niceIncrement: NICENESS,
    idleTimeout: IDLE_MILLISECONDS,
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
  })
}
