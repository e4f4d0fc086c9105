import * as oidc from 'openid-client'
import type { ProviderSettings } from './provider-settings.ts'

/** What a provider says of somebody, after every check of signature, audience, nonce and life. */
export interface ProvenIdentity {
  provider: string
  issuer: string
  subject: string
  /** Undefined unless the provider has verified it. */
  email: string | undefined
  name: string | undefined
}

/** What has to be known again when the browser comes back. */
export interface FlowSecrets {
  state: string
  nonce: string
  codeVerifier: string
}

export interface ProviderClient {
  readonly settings: ProviderSettings
  /** Where to send the browser. Throws ProviderUnavailableError. */
  begin(redirectUri: string): Promise<{ url: string; secrets: FlowSecrets }>
  /** `callbackUrl`: the whole address that the browser came back to. Throws ProviderRefusedError, or ProviderUnavailableError. */
  finish(callbackUrl: URL, secrets: FlowSecrets): Promise<ProvenIdentity>
}

export class ProviderUnavailableError extends Error {}

/** Nobody was proved: the member changed their mind, or the answer is not one that this browser asked for. */
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
/** A provider changes its keys and addresses rarely; openid-client asks for new keys by itself. */
const REMEMBER_MILLISECONDS = 3_600_000

/** Asks the provider where everything is when it is needed first: one that is away hinders nobody else. */
export function createProviderClient(settings: ProviderSettings): ProviderClient {
  let known: { configuration: Promise<oidc.Configuration>; at: number } | undefined

  function configure(): Promise<oidc.Configuration> {
    if (known !== undefined && performance.now() - known.at < REMEMBER_MILLISECONDS)
      return known.configuration
    const configuration = oidc.discovery(
      new URL(settings.issuer),
      settings.clientId,
      settings.clientSecret,
      undefined,
      {
        timeout: TIMEOUT_SECONDS,
        // Only a provider on this machine may have such an address; settings see to that.
        execute: settings.issuer.startsWith('http://') ? [oidc.allowInsecureRequests] : [],
      },
    )
    known = { configuration, at: performance.now() }
    configuration.catch(() => {
      known = undefined
    })
    return configuration
  }

  return {
    settings,
    async begin(redirectUri) {
      const secrets = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        codeVerifier: oidc.randomPKCECodeVerifier(),
      }
      const configuration = await configure().catch(throwUnavailable)
      const url = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: SCOPE,
        state: secrets.state,
        nonce: secrets.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(secrets.codeVerifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, secrets }
    },
    async finish(callbackUrl, { state, nonce, codeVerifier }) {
      const configuration = await configure().catch(throwUnavailable)
      try {
        const tokens = await oidc.authorizationCodeGrant(configuration, callbackUrl, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: codeVerifier,
          idTokenExpected: true,
        })
        const proven = tokens.claims()
        if (proven === undefined) throw new Error('there is no ID token')
        // Many providers tell the address only when asked.
        const told =
          proven['email'] === undefined
            ? await oidc.fetchUserInfo(configuration, tokens.access_token, proven.sub)
            : proven
        return {
          provider: settings.id,
          issuer: proven.iss,
          subject: proven.sub,
          email:
            told['email_verified'] === true && typeof told['email'] === 'string'
              ? told['email']
              : undefined,
          name: typeof told['name'] === 'string' ? told['name'] : undefined,
        }
      } catch (error) {
        if (error instanceof oidc.AuthorizationResponseError)
          throw new ProviderRefusedError(error.error === 'access_denied', { cause: error })
        if (isAway(error))
          throw new ProviderUnavailableError('the provider cannot be reached', { cause: error })
        throw new ProviderRefusedError(false, { cause: error })
      }
    },
  }
}

function throwUnavailable(cause: unknown): never {
  throw new ProviderUnavailableError('the provider cannot be reached', { cause })
}

/** `fetch` throws a TypeError where nobody answers; openid-client wraps it, and times out by a signal. */
function isAway(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause)
    if (one.name === 'TimeoutError' || /^(ECONN|ENOTFOUND|EAI_AGAIN|UND_ERR)/.test(codeOf(one)))
      return true
  return false
}

const codeOf = (error: Error) => String((error as NodeJS.ErrnoException).code ?? '')
