import type { UpstreamName } from './config.ts'
import { UPSTREAM_NAMES, type Upstreams } from './upstreams.ts'

const PATIENCE_MILLISECONDS = 2_000

/**
 * Throws until every service has answered that it is ready, once. After that a service that goes away takes its own
 * paths with it, not the whole edge: those answer 503 while the others are served.
 */
export function createReadinessCheck({ services }: Upstreams): () => Promise<void> {
  const awaited = new Set<UpstreamName>(UPSTREAM_NAMES)
  let asking: Promise<unknown> | undefined

  async function ask(name: UpstreamName): Promise<void> {
    try {
      const { statusCode, body } = await services[name].request({
        method: 'GET',
        path: '/healthz/ready',
        headersTimeout: PATIENCE_MILLISECONDS,
      })
      await body.dump()
      if (statusCode === 200) awaited.delete(name)
    } catch {
      // Not up yet: that it is still awaited says so.
    }
  }

  return async () => {
    if (awaited.size === 0) return
    asking ??= Promise.all([...awaited].map(ask)).finally(() => {
      asking = undefined
    })
    await asking
    if (awaited.size > 0) throw new Error(`not ready yet: ${[...awaited].join(', ')}`)
  }
}
