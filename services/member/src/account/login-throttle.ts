import { createHash } from 'node:crypto'
import { DailyfeedError } from '@dailyfeed/code/errors'
import type { Client } from '@dailyfeed/http-server/client-address'
import { RateLimiterMemory } from 'rate-limiter-flexible'

const WINDOW_SECONDS = 900
/** Failures on one account within the window; NIST 800-63B allows at most 100 in a row. */
const PER_ACCOUNT = 10
const PER_ADDRESS = 100
const SIGNUPS_PER_ADDRESS = 60

export interface LoginThrottle {
  /** Throws TOO_MANY_REQUEST while an account or an address has failed too often. Sessions that live are not touched. */
  admitOrThrow(account: string, client: Client): Promise<void>
  recordFailure(account: string, client: Client): Promise<void>
  recordSuccess(account: string): Promise<void>
  admitSignupOrThrow(client: Client): Promise<void>
}

/** In this process's memory, so it holds whatever else is away. */
export function createLoginThrottle(): LoginThrottle {
  const accounts = new RateLimiterMemory({ points: PER_ACCOUNT, duration: WINDOW_SECONDS })
  const addresses = new RateLimiterMemory({ points: PER_ADDRESS, duration: WINDOW_SECONDS })
  const signups = new RateLimiterMemory({ points: SIGNUPS_PER_ADDRESS, duration: 3_600 })
  // Hashed, so that memory holds no list of e-mail addresses that somebody tried.
  const keyOf = (account: string) => createHash('sha256').update(account.trim().toLowerCase()).digest('base64url')

  return {
    async admitOrThrow(account, client) {
      const [ofAccount, ofAddress] = [await accounts.get(keyOf(account)), client.isTrustedFrontend ? null : await addresses.get(client.address)]
      for (const [state, points] of [[ofAccount, PER_ACCOUNT], [ofAddress, PER_ADDRESS]] as const) {
        if (state !== null && state.consumedPoints >= points) throw tooMany(state.msBeforeNext)
      }
    },
    async recordFailure(account, client) {
      await accounts.penalty(keyOf(account))
      if (!client.isTrustedFrontend) await addresses.penalty(client.address)
    },
    async recordSuccess(account) {
      await accounts.delete(keyOf(account))
    },
    async admitSignupOrThrow(client) {
      if (client.isTrustedFrontend) return
      await signups.consume(client.address).catch(({ msBeforeNext }: { msBeforeNext: number }) => {
        throw tooMany(msBeforeNext)
      })
    },
  }
}

/** For load tests. */
export const NO_THROTTLE: LoginThrottle = { async admitOrThrow() {}, async recordFailure() {}, async recordSuccess() {}, async admitSignupOrThrow() {} }

const tooMany = (milliseconds: number) => new DailyfeedError('TOO_MANY_REQUEST', { retryAfterSeconds: Math.max(1, Math.ceil(milliseconds / 1_000)) })
