import type { Revocation } from '@dailyfeed/access-token/revocations'
import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { Log } from '@dailyfeed/http-server/log'
import type { RateLimiter } from '@dailyfeed/http-server/rate-limit'
import type { Once } from '@dailyfeed/idempotency/once'
import type { NewEventOf } from '@dailyfeed/outbox/outbox'
import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import type { ServiceClient } from '@dailyfeed/service-client/service-client'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'
import type { KnownBrowser } from './account/known-browser.ts'
import type { LoginThrottle } from './account/login-throttle.ts'
import type { PasswordHashing } from './account/password-hashing.ts'
import type { KeyStore } from './key/key-store.ts'
import type { RefreshCookie } from './session/refresh-cookie.ts'
import type { SealedCookie } from './session/sealed-cookie.ts'
import type { ProviderClient } from './sign-in-provider/provider-client.ts'
import type { ProviderCookies } from './sign-in-provider/provider-cookies.ts'

/** The parts that the features of member-svc use. Created once at start and passed on, never imported as globals. */
export interface MemberContext {
  sql: Sql
  /** Shares the counts of rate limits between processes; undefined without Redis. */
  redis?: RedisClient | undefined
  verifier: TokenVerifier
  newEventOf: NewEventOf
  /** Delivers new events of the outbox without delay. Call after the commit. */
  wakeRelay: () => void
  /** Resolves when no service accepts them any more. Call after the commit and before the answer. */
  announceRevocations: (revocations: readonly Revocation[]) => Promise<void>
  cursors: Cursors
  keys: KeyStore
  passwords: PasswordHashing
  throttle: LoginThrottle
  /** Limits how often one member logs in or refreshes; undefined where rate limits are off. */
  sessionLimit?: RateLimiter | undefined
  images: Pick<ServiceClient, 'post'>
  /** OpenID Connect providers at which members may sign in. */
  providers: readonly ProviderClient[]
  log: Log
  settings: {
    accessTokenSeconds: number
    refreshTokenKey: string
  }
}

/** The context of routes: in addition, everything that reads requests and writes answers. */
export interface RoutesContext extends MemberContext {
  /** Runs a creation once for each Idempotency-Key. */
  once: Once<MemberContext>
  cookie: RefreshCookie
  providerCookies: ProviderCookies
  /** Recognises browsers in which members have logged in. */
  knownBrowser: SealedCookie<KnownBrowser>
  /** Origins of frontends on other sites that may act on the refresh cookie. */
  allowedOrigins: readonly string[]
  /** The setting PUBLIC_URL; undefined: the address that the request was sent to. */
  publicUrl: string | undefined
}
