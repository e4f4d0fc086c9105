/** Requests of one class have one limit per member and one per address block. */
export type RateClass =
  | 'login'
  | 'signup'
  | 'read'
  | 'write'
  | 'search'
  | 'upload'
  | 'stream'
  | 'admin'

interface Route {
  method: string | readonly string[]
  url: string
  rateClass?: RateClass | undefined
}

/** Prefixes whose routes have one class whatever their method. */
const CLASS_OF_PREFIX: readonly [prefix: string, rateClass: RateClass][] = [
  ['/api/search', 'search'],
  ['/api/admin', 'admin'],
  // Feeds are read only; long lists of ids are sent by POST.
  ['/api/timeline', 'read'],
]

/**
 * The class of a route: its own setting, that of its prefix, or by its method. No public route is without one.
 * Undefined for routes outside `/api`, which the gateway does not forward: health, metrics, documents, keys, internal
 * ones.
 */
export function rateClassOf({ method, url, rateClass }: Route): RateClass | undefined {
  if (!isBelow(url, '/api')) return undefined
  if (rateClass !== undefined) return rateClass
  const ofPrefix = CLASS_OF_PREFIX.find(([prefix]) => isBelow(url, prefix))
  if (ofPrefix !== undefined) return ofPrefix[1]
  const isRead = [method].flat().every((one) => one === 'GET' || one === 'HEAD')
  return isRead ? 'read' : 'write'
}

const isBelow = (url: string, prefix: string) => url === prefix || url.startsWith(`${prefix}/`)
