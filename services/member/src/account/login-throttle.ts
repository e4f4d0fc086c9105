import { createHash } from 'node:crypto'
import { KeyedMutex } from '@dailyfeed/concurrency/keyed-mutex'
import { DailyfeedError, ERRORS } from '@dailyfeed/contract/errors'
import type { AddressBlock } from '@dailyfeed/http-server/address-block'
import type { Client } from '@dailyfeed/http-server/client-address'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'

const WINDOW_SECONDS = 900
/** Failures on one account within the window; NIST 800-63B allows at most 100 in a row. */
const PER_ACCOUNT = 10
/** Failures from one address within the window. */
const PER_ADDRESS = 100

export interface LoginThrottle {
  /**
   * Runs one check of a password: `check` throws a 401 or 403 when the password is wrong. Throws
   * TOO_MANY_REQUEST instead of running it while the account or the address has failed too often. Open
   * sessions are not affected. `account` names the account, in any form that is always the same.
   */
  attempt<Outcome>(account: string, client: Client, check: () => Promise<Outcome>): Promise<Outcome>
}

/** Counts in the memory of this process, so that it works while every other service is unavailable. */
export function createLoginThrottle(): LoginThrottle {
  const accounts = new RateLimiterMemory({ points: PER_ACCOUNT, duration: WINDOW_SECONDS })
  const addresses = new RateLimiterMemory({ points: PER_ADDRESS, duration: WINDOW_SECONDS })
  const attempts = new KeyedMutex()

  /**
   * Reserves a slot first and returns it unless the password is wrong, so that concurrent attempts cannot
   * exceed the limit.
   */
  async function attemptFrom<Outcome>(
    block: AddressBlock,
    check: () => Promise<Outcome>,
  ): Promise<Outcome> {
    await addresses.consume(block).catch(async ({ msBeforeNext }: RateLimiterRes) => {
      await addresses.reward(block)
      throw tooMany(msBeforeNext)
    })
    try {
      const outcome = await check()
      await addresses.reward(block)
      return outcome
    } catch (error) {
      if (!isWrongPassword(error)) await addresses.reward(block)
      throw error
    }
  }

  async function attemptOn<Outcome>(
    account: string,
    check: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const failures = await accounts.get(account)
    if (failures !== null && failures.consumedPoints >= PER_ACCOUNT)
      throw tooMany(failures.msBeforeNext)
    try {
      const outcome = await check()
      await accounts.delete(account)
      return outcome
    } catch (error) {
      if (isWrongPassword(error)) await accounts.penalty(account)
      throw error
    }
  }

  return {
    attempt(account, client, check) {
      // Hashed, so that memory holds no list of the e-mail addresses that were tried.
      const key = createHash('sha256').update(account.trim().toLowerCase()).digest('base64url')
      const attempt = () => attemptOn(key, check)
      // One at a time per account: the tenth failure is counted before the eleventh attempt begins.
      return attempts.run(
        key,
        client.isTrustedFrontend ? attempt : () => attemptFrom(client.block, attempt),
      )
    },
  }
}

/** Limits nothing, for load tests. */
export const NO_THROTTLE: LoginThrottle = { attempt: (_account, _client, check) => check() }

/**
 * Other errors (the database is unavailable, the queue of hashes is full) say nothing about the password
 * and are not counted.
 */
const isWrongPassword = (error: unknown) =>
  error instanceof DailyfeedError && [401, 403].includes(ERRORS[error.code].status)

const tooMany = (milliseconds: number) =>
  new DailyfeedError('TOO_MANY_REQUEST', {
    retryAfterSeconds: Math.max(1, Math.ceil(milliseconds / 1_000)),
  })
