import { SERVICES } from '@dailyfeed/contract/services'
import type { UpstreamName } from './config.ts'
import { UPSTREAM_NAMES } from './upstreams.ts'

/** The service of each public prefix. */
const UPSTREAM_BY_PREFIX = new Map<string, UpstreamName>(
  UPSTREAM_NAMES.flatMap((name) => SERVICES[name].paths.map((prefix) => [prefix, name] as const)),
)
const PROXY_PREFIX = '/api/proxy/'
const SCHEME_AND_HOST = /^https?:\/\/[^/?#]*/i

/**
 * Parts that a service's router might read as another path than the gateway does: empty and dot segments, encoded
 * slashes and dots, backslashes, fragments, NUL. No path of the API contains one.
 */
const AMBIGUOUS = /\/\/|\\|#|%2f|%5c|%00|\/(?:\.|%2e){1,2}(?:\/|$)/i

/** The public URL of a request: `/api/proxy/<rest>`, as clients of the founding system send it, is `/api/<rest>`, once. */
export function publicUrlOf(url: string): string {
  const local = url.startsWith('/') ? url : url.replace(SCHEME_AND_HOST, '')
  return local.startsWith(PROXY_PREFIX) ? `/api/${local.slice(PROXY_PREFIX.length)}` : local
}

export function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/**
 * The service of a path, found by the bytes that will be forwarded: by its first two segments after `/api` where
 * `SERVICES` names them, otherwise by the first. Undefined where no service has it.
 */
export function findService(path: string): UpstreamName | undefined {
  if (AMBIGUOUS.test(path)) return undefined
  const first = endOfSegment(path, '/api/'.length)
  return (
    UPSTREAM_BY_PREFIX.get(path.slice(0, endOfSegment(path, first + 1))) ??
    UPSTREAM_BY_PREFIX.get(path.slice(0, first))
  )
}

function endOfSegment(path: string, from: number): number {
  const end = path.indexOf('/', from)
  return end === -1 ? path.length : end
}

export const isApiPath = (path: string) => path === '/api' || path.startsWith('/api/')
/** Paths that exist on the ports of services only. The gateway neither forwards them nor serves a page for them. */
export const isInternalPath = (path: string) =>
  /^\/+(?:internal|metrics|healthz|\.well-known)(?:\/|$)/.test(path)
