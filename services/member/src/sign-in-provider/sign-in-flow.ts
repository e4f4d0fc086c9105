import type { FlowSecrets, ProviderIdentity } from './provider-client.ts'

/** The content of the cookie that the browser keeps while the member is at the provider. */
export interface SignInFlow extends FlowSecrets {
  provider: string
  returnTo: string
  /** The id of a signed-in member who links another provider. */
  linkTo?: number
}

/**
 * The content of the cookie that the browser keeps between a first sign-in at a provider and the
 * decision to create an account or to link one.
 */
export interface VerifiedIdentity extends ProviderIdentity {
  email: string
  returnTo: string
}
