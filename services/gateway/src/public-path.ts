import { SERVICES } from '@dailyfeed/contract/services'
import type { UpstreamName } from './config.ts'
import { UPSTREAM_NAMES } from './upstreams.ts'

/** The service that answers each public prefix. */
const UPSTREAM_BY_PREFIX = new Map<string, UpstreamName>(
  UPSTREAM_NAMES.flatMap((name) => SERVICES[name].paths.map((prefix) => [prefix, name] as const)),
)
const PROXY_PREFIX = '/api/proxy/'
const SCHEME_AND_HOST = /^https?:\/\/[^/?#]*/i

/**
 * Anything that a router behind us might read as another path than we do: empty and dot segments, encoded slashes and
 * dots, backslashes, a fragment, NUL. No address of ours has one.
 */
const AMBIGUOUS = /\/\/|\\|#|%2f|%5c|%00|\/(?:\.|%2e){1,2}(?:\/|$)/i

/** What the request asks for in the founding client's form or ours: `/api/proxy/<rest>` is `/api/<rest>`, once. */
export function publicUrlOf(url: string): string {
  const local = url.startsWith('/') ? url : url.replace(SCHEME_AND_HOST, '')
  return local.startsWith(PROXY_PREFIX) ? `/api/${local.slice(PROXY_PREFIX.length)}` : local
}

export function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/**
 * The service that has this path, judged by its bytes as they will be sent on: by its first two segments behind `/api`
 * where the table names them, otherwise by the first. Undefined: no service does.
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

export const isOfApi = (path: string) => path === '/api' || path.startsWith('/api/')
/** Paths of the services' own port that would be doors, and are no pages either. */
export const isInternal = (path: string) =>
  /^\/+(?:internal|metrics|healthz|\.well-known)(?:\/|$)/.test(path)
