import type { ServiceClient } from '@dailyfeed/service-client/service-client'
import type { Sql } from 'postgres'
import { type KeySetConfig, keySetOf, openKeySetClient } from './key-set-client.ts'
import { openRevocations } from './open-revocations.ts'
import type { Revocations } from './revocations.ts'
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts'
import { remoteKeys } from './verification-keys.ts'

interface VerifierConfig extends KeySetConfig {
  JWKS_CACHE_SECONDS: number
  REDIS_URL?: string | undefined
}

/** A verifier that a service holds open for as long as it runs. */
export interface OpenTokenVerifier extends TokenVerifier {
  /** The key set for GET /healthz/ready: until it has been loaded once, no token can be verified. */
  keySet: {
    name: string
    isRequired: boolean
    check(): Promise<void>
    describe(): string
  }
  /** Loads the key set from member-svc. */
  readonly keySetClient: ServiceClient
  close(): Promise<void>
}

/**
 * Verifies tokens by member-svc's key set. `sql` is a pool of the primary: revocations must not lag. `shared` are the
 * revocations of a process that runs every service; without them the service follows the revocation log by itself.
 */
export function openTokenVerifier(
  config: VerifierConfig,
  sql: Sql,
  shared?: Revocations,
): OpenTokenVerifier {
  const revocations = shared ?? openRevocations(sql, config.REDIS_URL)
  const keySetClient = openKeySetClient(config)
  const keys = remoteKeys(keySetOf(keySetClient, config.JWKS_URL), config.JWKS_CACHE_SECONDS)
  return {
    ...createTokenVerifier({ keys, revocations }),
    keySet: {
      name: 'key-set',
      isRequired: true,
      check: async () => keys.load?.(),
      describe: () => 'the key set of member-svc has not been loaded yet',
    },
    keySetClient,
    async close() {
      await Promise.all([keySetClient.close(), revocations.close()])
    },
  }
}
