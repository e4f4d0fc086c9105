import type { Revocation } from '@dailyfeed/access-token/revocations'
import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { Log } from '@dailyfeed/http-server/log'
import type { NewEventOf } from '@dailyfeed/outbox/outbox'
import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import type { ServiceClient } from '@dailyfeed/service-client/service-client'
import type { Sql } from 'postgres'
import type { PasswordHashing } from './account/password-hashing.ts'
import type { KeyStore } from './key/key-store.ts'
import type { ProviderClient } from './sign-in-provider/provider-client.ts'

/** What the features of member-svc may use. Created once at start and passed on, never imported as a global. */
export interface MemberContext {
  sql: Sql
  verifier: TokenVerifier
  newEventOf: NewEventOf
  /** Tells the relay that a write has left an event. Call after the commit. */
  wakeRelay: () => void
  /** Settles when no service accepts them any more. Call after the commit and before the answer. */
  announceRevocations: (revocations: readonly Revocation[]) => Promise<void>
  cursors: Cursors
  keys: KeyStore
  passwords: PasswordHashing
  images: Pick<ServiceClient, 'post'>
  /** Where members may sign in besides. */
  providers: readonly ProviderClient[]
  log: Log
  settings: {
    accessTokenSeconds: number
    refreshTokenKey: string
  }
}
