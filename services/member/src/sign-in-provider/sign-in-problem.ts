import type { Log } from '@dailyfeed/http-server/log'
import type { FastifyReply } from 'fastify'
import { ProviderRefusedError, ProviderUnavailableError } from './provider-client.ts'

/** Names a failed sign-in in the address of the login page, which shows a message for each. */
export type SignInProblem =
  | 'provider_cancelled'
  | 'provider_refused'
  | 'provider_expired'
  | 'provider_unavailable'
  | 'provider_email'
  | 'provider_linked'
  | 'account_gone'

export const redirectToLogin = (reply: FastifyReply, problem: SignInProblem): FastifyReply =>
  reply.redirect(`/login?problem=${problem}`)

/** Throws every error that is not the provider's: this service answers those as usual. */
export function problemOf(error: unknown, log: Log): SignInProblem {
  if (error instanceof ProviderUnavailableError) {
    log.warn({ err: error }, 'sign-in provider unreachable; the member is sent to the login page')
    return 'provider_unavailable'
  }
  if (!(error instanceof ProviderRefusedError)) throw error
  if (error.isCancelled) return 'provider_cancelled'
  log.warn(
    { err: error, security: 'PROVIDER_REFUSED' },
    'answer of a sign-in provider failed its checks; the sign-in is refused',
  )
  return 'provider_refused'
}
