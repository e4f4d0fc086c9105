import { createHash } from 'node:crypto'
import { DailyfeedError, ERRORS } from '@dailyfeed/contract/errors'
import type { Client } from '@dailyfeed/http-server/client-address'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'

const WINDOW_SECONDS = 900
/** Failures on one account within the window; NIST 800-63B allows at most 100 in a row. */
const PER_ACCOUNT = 10
const PER_ADDRESS = 100

export interface LoginThrottle {
  /**
   * Judges one guess at an account's password; `check` throws when it is wrong. Throws TOO_MANY_REQUEST instead of judging
   * while the account or the address has failed too often. Sessions that live are not touched.
   */
  judge<T>(account: string, client: Client, check: () => Promise<T>): Promise<T>
}

/** In this process's memory, so it holds whatever else is away. */
export function createLoginThrottle(): LoginThrottle {
  const accounts = new RateLimiterMemory({ points: PER_ACCOUNT, duration: WINDOW_SECONDS })
  const addresses = new RateLimiterMemory({ points: PER_ADDRESS, duration: WINDOW_SECONDS })
  const inLine = oneAtATime()

  /** A place is taken before the guess is judged and given back unless it was wrong: guesses at once are no way past the count. */
  async function judgeFrom<T>(address: string, check: () => Promise<T>): Promise<T> {
    await addresses.consume(address).catch(async ({ msBeforeNext }: RateLimiterRes) => {
      await addresses.reward(address)
      throw tooMany(msBeforeNext)
    })
    try {
      const right = await check()
      await addresses.reward(address)
      return right
    } catch (error) {
      if (!isWrongGuess(error)) await addresses.reward(address)
      throw error
    }
  }

  async function judgeOn<T>(account: string, check: () => Promise<T>): Promise<T> {
    const failures = await accounts.get(account)
    if (failures !== null && failures.consumedPoints >= PER_ACCOUNT)
      throw tooMany(failures.msBeforeNext)
    try {
      const right = await check()
      await accounts.delete(account)
      return right
    } catch (error) {
      if (isWrongGuess(error)) await accounts.penalty(account)
      throw error
    }
  }

  return {
    judge(account, client, check) {
      // Hashed, so that memory holds no list of e-mail addresses that somebody tried.
      const key = createHash('sha256').update(account.trim().toLowerCase()).digest('base64url')
      const judge = () => judgeOn(key, check)
      return inLine(key, client.isTrustedFrontend ? judge : () => judgeFrom(client.address, judge))
    },
  }
}

/** For load tests. */
export const NO_THROTTLE: LoginThrottle = { judge: (_account, _client, check) => check() }

/** What is no guess at all (the database is away, too many wait to be judged) counts for nothing. */
const isWrongGuess = (error: unknown) =>
  error instanceof DailyfeedError && [401, 403].includes(ERRORS[error.code].status)

const tooMany = (milliseconds: number) =>
  new DailyfeedError('TOO_MANY_REQUEST', {
    retryAfterSeconds: Math.max(1, Math.ceil(milliseconds / 1_000)),
  })

/** Guesses at one account stand in line, however many come at once: the tenth wrong one is seen before the eleventh is judged. */
function oneAtATime() {
  const lastOf = new Map<string, Promise<unknown>>()
  return <T>(key: string, task: () => Promise<T>): Promise<T> => {
    const mine = (lastOf.get(key) ?? Promise.resolve()).then(task)
    const done = mine
      .catch(() => {})
      .then(() => {
        if (lastOf.get(key) === done) lastOf.delete(key)
      })
    lastOf.set(key, done)
    return mine
  }
}
