import { createHash } from 'node:crypto'
import { KeyedMutex } from '@dailyfeed/concurrency/keyed-mutex'
import { DailyfeedError, ERRORS } from '@dailyfeed/contract/errors'
import type { Client } from '@dailyfeed/http-server/client-address'
import type { Sql } from 'postgres'
import type { MemberConfig } from '../config.ts'
import { type FailureLimit, releaseAttempt, reserveAttempt } from './login-failure.queries.ts'

/** One check of a password. */
interface Guess {
  /** Names the account, always in the same form: by the member's id, or by an e-mail address that no member has. */
  account: string
  client: Client
  /** Names a browser or session in which the owner of the account has proved the password before. */
  knownDevice?: string | undefined
}

export interface LoginThrottle {
  /**
   * Runs a check, which throws a 401 or 403 when the password is wrong. Throws TOO_MANY_REQUEST instead of running it
   * while there were too many failures. Open sessions are not affected.
   */
  attempt<Outcome>(guess: Guess, check: () => Promise<Outcome>): Promise<Outcome>
  /** Attempts that were refused since the start. */
  readonly refusals: number
}

interface FailureLimits {
  /** Failures on one account from one address block, or in one known browser. */
  perAccountAndBlock: number
  /** Failures on one account from everywhere; NIST SP 800-63B allows at most 100 in a row. */
  perAccount: number
  /** Failures from one address block, on any account. */
  perBlock: number
  windowSeconds: number
}

type ThrottleConfig = Pick<
  MemberConfig,
  | 'RATE_LIMIT'
  | 'LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS'
  | 'LOGIN_FAILURES_PER_ACCOUNT'
  | 'LOGIN_FAILURES_PER_ADDRESS'
  | 'LOGIN_FAILURE_WINDOW_SECONDS'
>

/**
 * Counts failures in PostgreSQL, together with all processes of member-svc. It needs no fallback: without the database no
 * password is checked at all.
 */
function createLoginThrottle(sql: Sql, limits: FailureLimits): LoginThrottle {
  const attempts = new KeyedMutex()
  let refusals = 0

  /** The attempt counts as a failure until it has succeeded, so that simultaneous ones cannot exceed a limit. */
  async function attemptWithin<Outcome>(
    own: FailureLimit,
    all: readonly FailureLimit[],
    check: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const wait = await reserveAttempt(sql, all, limits.windowSeconds)
    if (wait > 0) {
      refusals += 1
      throw new DailyfeedError('TOO_MANY_REQUEST', { retryAfterSeconds: wait })
    }
    try {
      const outcome = await check()
      await releaseAttempt(sql, all, own.key)
      return outcome
    } catch (error) {
      if (!isWrongPassword(error)) await releaseAttempt(sql, all).catch(() => {})
      throw error
    }
  }

  return {
    get refusals() {
      return refusals
    },
    attempt(guess, check) {
      const [own, ...others] = limitsOf(guess, limits)
      // One at a time: correct logins that arrive together do not fill each other's limit.
      return attempts.run(own.key, () => attemptWithin(own, [own, ...others], check))
    },
  }
}

/**
 * A known browser has a limit of its own, so that nobody else's guesses lock the owner out. Guesses from everywhere else
 * count per block first: one that guesses neither uses up the limit of the account nor locks out other blocks.
 */
function limitsOf(
  { account, client, knownDevice }: Guess,
  { perAccountAndBlock, perAccount, perBlock }: FailureLimits,
): [own: FailureLimit, ...others: FailureLimit[]] {
  if (knownDevice !== undefined)
    return [{ key: keyOf('device', account, knownDevice), limit: perAccountAndBlock }]
  const own = { key: keyOf('account and block', account, client.block), limit: perAccountAndBlock }
  const ofAccount = { key: keyOf('account', account), limit: perAccount }
  // Many people share the address of a frontend that does not name its clients.
  if (client.isTrustedFrontend) return [own, ofAccount]
  return [own, ofAccount, { key: keyOf('block', client.block), limit: perBlock }]
}

/** Limits nothing, for load tests. */
const NO_THROTTLE: LoginThrottle = {
  refusals: 0,
  attempt: (_guess, check) => check(),
}

const keyOf = (...parts: string[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url')

/**
 * Other errors (the database is unavailable, the queue of hashes is full) say nothing about the password
 * and are not counted.
 */
const isWrongPassword = (error: unknown) =>
  error instanceof DailyfeedError && [401, 403].includes(ERRORS[error.code].status)

/** The throttle of the settings. */
export const throttleOf = (sql: Sql, config: ThrottleConfig): LoginThrottle =>
  config.RATE_LIMIT === 'off'
    ? NO_THROTTLE
    : createLoginThrottle(sql, {
        perAccountAndBlock: config.LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS,
        perAccount: config.LOGIN_FAILURES_PER_ACCOUNT,
        perBlock: config.LOGIN_FAILURES_PER_ADDRESS,
        windowSeconds: config.LOGIN_FAILURE_WINDOW_SECONDS,
      })
