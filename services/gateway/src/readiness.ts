import { singleFlight } from '@dailyfeed/concurrency/single-flight'
import type { UpstreamName } from './config.ts'
import { UPSTREAM_NAMES, type Upstreams } from './upstreams.ts'

const TIMEOUT_MILLISECONDS = 2_000

/**
 * Throws until every service has once answered that it is ready. A service that becomes unreachable later does not make
 * the gateway unready: its own paths answer 503 while the others are served.
 */
export function createReadinessCheck({ services }: Upstreams): () => Promise<void> {
  const awaited = new Set<UpstreamName>(UPSTREAM_NAMES)

  async function check(name: UpstreamName): Promise<void> {
    try {
      const { status } = await services[name].get('/healthz/ready', TIMEOUT_MILLISECONDS)
      if (status === 200) awaited.delete(name)
    } catch {
      // Not reachable yet: the service stays in `awaited`.
    }
  }

  const checkAwaited = singleFlight(() => Promise.all([...awaited].map(check)))

  return async () => {
    if (awaited.size === 0) return
    await checkAwaited()
    if (awaited.size > 0) throw new Error(`not ready yet: ${[...awaited].join(', ')}`)
  }
}
