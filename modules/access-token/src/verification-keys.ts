import { DailyfeedError } from '@dailyfeed/contract/errors'
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose'
import type { KeySetSource } from './key-set-client.ts'

/** How often at most an unknown `kid` or an unavailable issuer causes a request, whatever callers send. */
const REFETCH_SECONDS = 30

/** Finds the key that signed a token. */
export interface VerificationKeys extends JWTVerifyGetKey {
  /** When tokens that this key signed stop being accepted; undefined while it may sign. Called for every request. */
  endOf?: (kid: string) => number | undefined
  /** Fetches the set unless it has been fetched. Throws while its issuer is unavailable. */
  load?: () => Promise<void>
  /** Called for every request: refetches an old set in the background, so that no token waits for it. */
  refreshWhenOld?: () => void
}

/** The `exp` of each retired key of a set (as in OpenID Federation) by its `kid`: seconds since 1970. */
export const keyEndsOf = ({
  keys,
}: {
  keys: readonly { kid?: string; exp?: unknown }[]
}): Map<string, number> =>
  new Map(
    keys.flatMap(({ kid, exp }) =>
      kid !== undefined && typeof exp === 'number' ? [[kid, exp]] : [],
    ),
  )

/**
 * The key set of this source; no key is ever taken from a token's header. jose keeps the set, and this function decides
 * when it is loaded: an old set is used while a new one is loaded, so that requests succeed while the issuer is
 * unavailable.
 */
export function remoteKeys(source: KeySetSource, cacheSeconds: number): VerificationKeys {
  const set = new RemoteKeySet(source, cacheSeconds)
  return Object.assign((...token: Parameters<JWTVerifyGetKey>) => set.find(...token), {
    endOf: (kid: string) => set.endOf(kid),
    load: () => set.load(),
    refreshWhenOld: () => set.refreshWhenOld(),
  })
}

class RemoteKeySet {
  readonly #remote: ReturnType<typeof createRemoteJWKSet>
  readonly #cacheSeconds: number
  readonly #retrySeconds: number
  #ends = new Map<string, number>()
  #fetchedAt = Number.NEGATIVE_INFINITY
  #failure: DailyfeedError | undefined
  /** Not derived from `remote.jwks()`, which copies the whole set: this is read for every request. */
  #isLoaded = false

  constructor({ url, load }: KeySetSource, cacheSeconds: number) {
    this.#remote = createRemoteJWKSet(url, {
      cacheMaxAge: Number.POSITIVE_INFINITY,
      cooldownDuration: Number.POSITIVE_INFINITY,
      [customFetch]: async () => Response.json(await load()),
    })
    this.#cacheSeconds = cacheSeconds
    // A key is published for the age of a set before it signs, so that a failed fetch must be retried within that time.
    this.#retrySeconds = Math.min(cacheSeconds, REFETCH_SECONDS)
  }

  async find(...token: Parameters<JWTVerifyGetKey>) {
    if (!this.#isLoaded) await this.#fetch()
    try {
      return await this.#remote(...token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      const pauseSeconds = this.#failure === undefined ? REFETCH_SECONDS : this.#retrySeconds
      if (!this.#isOlderThan(pauseSeconds) && !this.#remote.reloading) throw this.#failure ?? error
      await this.#fetch()
      return this.#remote(...token)
    }
  }

  async load(): Promise<void> {
    if (!this.#isLoaded) await this.#fetch()
  }

  endOf(kid: string): number | undefined {
    return this.#ends.get(kid)
  }

  refreshWhenOld(): void {
    const seconds = this.#failure === undefined ? this.#cacheSeconds : this.#retrySeconds
    if (this.#isLoaded && this.#isOlderThan(seconds)) this.#fetch().catch(() => {})
  }

  async #fetch(): Promise<void> {
    this.#fetchedAt = performance.now()
    try {
      await this.#remote.reload()
      this.#isLoaded = true
      this.#ends = keyEndsOf(this.#remote.jwks() ?? { keys: [] })
      this.#failure = undefined
    } catch (cause) {
      this.#failure = new DailyfeedError('MEMBER_API_CONNECTION_ERROR', {
        retryAfterSeconds: 5,
        cause,
      })
      throw this.#failure
    }
  }

  #isOlderThan(seconds: number): boolean {
    return performance.now() - this.#fetchedAt > seconds * 1_000
  }
}
