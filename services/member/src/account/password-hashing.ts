import { DailyfeedError } from '@dailyfeed/code/errors'

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** Each takes a core and 19 MiB for some 20 ms: more at once would only make all of them late, and the feeds with them. */
const AT_ONCE = 2
const WAITING = 200

export interface PasswordHashing {
  /** A PHC string. */
  hash(password: string): Promise<string>
  /** Costs the same where there is no hash to compare with, so that an answer's time tells nothing. */
  verify(hash: string | null | undefined, password: string): Promise<boolean>
}

/** One spelling of what a person typed, whichever keyboard composed it. */
const normalise = (password: string) => password.normalize('NFKC')

export function createPasswordHashing(): PasswordHashing {
  const limit = bounded(AT_ONCE, WAITING)
  // Loaded with the first password: a service that only reads profiles never needs it.
  const library = () => import('@node-rs/argon2')
  let dummy: Promise<string> | undefined
  return {
    hash: (password) => limit(async () => (await library()).hash(normalise(password), PARAMETERS)),
    verify: (hash, password) =>
      limit(async () => {
        const argon2 = await library()
        dummy ??= argon2.hash('a password that nobody has', PARAMETERS)
        const isRight = await argon2.verify(hash ?? (await dummy), normalise(password))
        return isRight && typeof hash === 'string'
      }),
  }
}

/** At most `atOnce` tasks run; as many as `waiting` wait; the rest are refused with 503. */
function bounded(atOnce: number, waiting: number) {
  let free = atOnce
  const queue: (() => void)[] = []
  return async <T>(task: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1
    else if (queue.length >= waiting) throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2 })
    else await new Promise<void>((resolve) => queue.push(resolve))
    try {
      return await task()
    } finally {
      // Handed over rather than given back, so that nobody who comes in between takes it too.
      const next = queue.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}
