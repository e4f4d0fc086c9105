import { openUpstreamPool, type UpstreamPool } from '@dailyfeed/service-client/upstream-pool'
import type { GatewayConfig, UpstreamName } from './config.ts'

export const UPSTREAM_NAMES = [
  'member',
  'content',
  'timeline',
  'search',
  'image',
  'activity',
  'batch',
] as const satisfies UpstreamName[]

export interface Upstreams {
  services: Record<UpstreamName, UpstreamPool>
  /** The server of `WEB_URL`. */
  pages: UpstreamPool | undefined
  close(): Promise<void>
}

/** Opens no connection yet. */
export function openUpstreams(config: GatewayConfig): Upstreams {
  const timeouts = {
    connectTimeoutMilliseconds: config.UPSTREAM_CONNECT_TIMEOUT_MS,
    readTimeoutMilliseconds: config.UPSTREAM_READ_TIMEOUT_MS,
  }
  const urls: Record<UpstreamName, string> = {
    member: config.MEMBER_URL,
    content: config.CONTENT_URL,
    timeline: config.TIMELINE_URL,
    search: config.SEARCH_URL,
    image: config.IMAGE_URL,
    activity: config.ACTIVITY_URL,
    batch: config.BATCH_URL,
  }
  const services = Object.fromEntries(
    UPSTREAM_NAMES.map((name) => [name, openUpstreamPool(urls[name], timeouts)]),
  ) as Record<UpstreamName, UpstreamPool>
  const pages =
    config.WEB_URL === undefined ? undefined : openUpstreamPool(config.WEB_URL, timeouts)
  return {
    services,
    pages,
    async close() {
      await Promise.all(
        [...Object.values(services), ...(pages === undefined ? [] : [pages])].map((pool) =>
          pool.close(),
        ),
      )
    },
  }
}
