import { clientOf } from '@dailyfeed/http-server/client-address'
import type { FastifyRequest } from 'fastify'

/** The path of every route of sign-in by OpenID Connect. */
export const BASE = '/api/authentication/oidc'

/** The address that the provider sends the browser back to. `publicUrl`: the setting PUBLIC_URL. */
export function redirectUriOf(
  request: FastifyRequest,
  publicUrl: string | undefined,
  provider: string,
): string {
  const { isHttps, host } = clientOf(request)
  const base = publicUrl ?? `${isHttps ? 'https' : 'http'}://${host}`
  return `${base}${BASE}/${provider}/callback`
}
