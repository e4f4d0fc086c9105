import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { FastifyRequest } from 'fastify'
import { createSealedCookie, type SealedCookie } from '../session/sealed-cookie.ts'
import type { SignInFlow, VerifiedIdentity } from './sign-in-flow.ts'

/** How long a sign-in at a provider may take. */
const FLOW_SECONDS = 600
/** How long the choice of a handle may take afterwards. */
const IDENTITY_SECONDS = 900

export interface ProviderCookies {
  flow: SealedCookie<SignInFlow>
  identity: SealedCookie<VerifiedIdentity>
}

export function createProviderCookies(
  secret: string,
  isSecure: (request: FastifyRequest) => boolean,
): ProviderCookies {
  return {
    flow: createSealedCookie({
      name: 'dailyfeed_sign_in',
      secret,
      lifeSeconds: FLOW_SECONDS,
      isSecure,
    }),
    identity: createSealedCookie({
      name: 'dailyfeed_proven',
      secret,
      lifeSeconds: IDENTITY_SECONDS,
      isSecure,
    }),
  }
}

/** Throws PROVIDER_SIGN_IN_EXPIRED. */
export async function getIdentityOrThrow(
  { identity }: ProviderCookies,
  request: FastifyRequest,
): Promise<VerifiedIdentity> {
  const verified = await identity.read(request)
  if (verified === undefined) throw new DailyfeedError('PROVIDER_SIGN_IN_EXPIRED')
  return verified
}
