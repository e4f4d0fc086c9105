import { DailyfeedError } from '@dailyfeed/contract/errors'
import { clientOf } from '@dailyfeed/http-server/client-address'
import type { FastifyRequest } from 'fastify'

/**
 * Refuses a request that acts on a cookie when a page of another site sent it. Browsers say so in
 * Sec-Fetch-Site, old ones in Origin. A client that sends neither (a server-side proxy, a script) has
 * no cookies of another person to misuse. Throws CROSS_SITE_REQUEST_REFUSED.
 */
export function refuseCrossSite(request: FastifyRequest, allowedOrigins: readonly string[]): void {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (site === 'same-origin' || site === 'same-site' || site === 'none') return
  if (typeof origin === 'string' && allowedOrigins.includes(origin)) return
  if (site === undefined && (origin === undefined || hostOf(origin) === clientOf(request).host))
    return
  throw new DailyfeedError('CROSS_SITE_REQUEST_REFUSED')
}

const hostOf = (origin: string) => (URL.canParse(origin) ? new URL(origin).host : undefined)
