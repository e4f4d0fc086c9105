import { LRUCache } from 'lru-cache'
import * as oidc from 'openid-client'
import type { ProviderSettings } from './provider-settings.ts'

/** A person as the provider names them, after every check of signature, audience, nonce and lifetime. */
export interface ProviderIdentity {
  provider: string
  issuer: string
  subject: string
  /** Undefined unless the provider has verified it. */
  email: string | undefined
  name: string | undefined
}

/** The values with which the answer of the provider is checked when the browser comes back. */
export interface FlowSecrets {
  state: string
  nonce: string
  codeVerifier: string
}

export interface ProviderClient {
  readonly settings: ProviderSettings
  /** The address to send the browser to. Throws ProviderUnavailableError. */
  begin(redirectUri: string): Promise<{ url: string; secrets: FlowSecrets }>
  /**
   * The identity that the provider vouches for. `callbackUrl`: the whole address that the browser came
   * back to. Throws ProviderRefusedError or ProviderUnavailableError.
   */
  finish(callbackUrl: URL, secrets: FlowSecrets): Promise<ProviderIdentity>
}

export class ProviderUnavailableError extends Error {}

/** Thrown when the member cancelled, or when the answer is not one that this browser asked for. */
export class ProviderRefusedError extends Error {
  readonly isCancelled: boolean

  constructor(isCancelled: boolean, options: ErrorOptions) {
    super(
      isCancelled
        ? 'the member did not consent'
        : 'the answer of the provider did not pass its checks',
      options,
    )
    this.isCancelled = isCancelled
  }
}

const SCOPE = 'openid email profile'
const TIMEOUT_SECONDS = 5
/** Addresses of a provider rarely change. openid-client fetches new keys by itself. */
const CACHE_MILLISECONDS = 3_600_000

/** Discovers the provider's addresses when they are first needed: an unavailable provider affects no other. */
export function createProviderClient(settings: ProviderSettings): ProviderClient {
  // A failed discovery is not cached, and simultaneous calls share one.
  const discovered = new LRUCache<'configuration', oidc.Configuration>({
    max: 1,
    ttl: CACHE_MILLISECONDS,
    fetchMethod: () => discover(settings),
  })
  const configure = () => discovered.forceFetch('configuration').catch(throwUnavailable)

  return {
    settings,
    async begin(redirectUri) {
      const secrets = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        codeVerifier: oidc.randomPKCECodeVerifier(),
      }
      const url = oidc.buildAuthorizationUrl(await configure(), {
        redirect_uri: redirectUri,
        scope: SCOPE,
        state: secrets.state,
        nonce: secrets.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(secrets.codeVerifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, secrets }
    },
    async finish(callbackUrl, secrets) {
      const configuration = await configure()
      try {
        return await redeem(configuration, settings.id, callbackUrl, secrets)
      } catch (error) {
        if (error instanceof oidc.AuthorizationResponseError)
          throw new ProviderRefusedError(error.error === 'access_denied', { cause: error })
        if (isUnreachable(error)) throwUnavailable(error)
        throw new ProviderRefusedError(false, { cause: error })
      }
    },
  }
}

const discover = ({ issuer, clientId, clientSecret }: ProviderSettings) =>
  oidc.discovery(new URL(issuer), clientId, clientSecret, undefined, {
    timeout: TIMEOUT_SECONDS,
    // The settings allow such an address only on this machine.
    execute: issuer.startsWith('http://') ? [oidc.allowInsecureRequests] : [],
  })

/** Exchanges the code in `callbackUrl` for the person's claims, and checks them. */
async function redeem(
  configuration: oidc.Configuration,
  provider: string,
  callbackUrl: URL,
  { state, nonce, codeVerifier }: FlowSecrets,
): Promise<ProviderIdentity> {
  const tokens = await oidc.authorizationCodeGrant(configuration, callbackUrl, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: codeVerifier,
    idTokenExpected: true,
  })
  const claims = tokens.claims()
  if (claims === undefined) throw new Error('there is no ID token')
  // Many providers leave the e-mail address out of the ID token, and send it from their UserInfo endpoint.
  const profile =
    claims['email'] === undefined
      ? await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub)
      : claims
  return {
    provider,
    issuer: claims.iss,
    subject: claims.sub,
    email:
      profile['email_verified'] === true && typeof profile['email'] === 'string'
        ? profile['email']
        : undefined,
    name: typeof profile['name'] === 'string' ? profile['name'] : undefined,
  }
}

function throwUnavailable(cause: unknown): never {
  throw new ProviderUnavailableError('the provider cannot be reached', { cause })
}

/** `fetch` throws a TypeError for a failed connection, which openid-client wraps; its time-outs are signals. */
function isUnreachable(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause)
    if (one.name === 'TimeoutError' || /^(ECONN|ENOTFOUND|EAI_AGAIN|UND_ERR)/.test(codeOf(one)))
      return true
  return false
}

const codeOf = (error: Error) => String((error as NodeJS.ErrnoException).code ?? '')
