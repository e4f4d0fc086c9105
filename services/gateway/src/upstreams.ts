import { upstreamUrlsOf } from '@dailyfeed/configuration/upstream-settings'
import { SERVICES } from '@dailyfeed/contract/services'
import { openUpstreamPool, type UpstreamPool } from '@dailyfeed/service-client/upstream-pool'
import type { GatewayConfig, UpstreamName } from './config.ts'

export const UPSTREAM_NAMES: readonly UpstreamName[] = SERVICES.gateway.calls

export interface Upstreams {
  services: Record<UpstreamName, UpstreamPool>
  /** The server of `WEB_URL`; undefined where the gateway serves the pages itself. */
  pages: UpstreamPool | undefined
  close(): Promise<void>
}

/** Creates the pools; connections are opened with the first requests. */
export function openUpstreams(config: GatewayConfig): Upstreams {
  const timeouts = {
    connectTimeoutMilliseconds: config.UPSTREAM_CONNECT_TIMEOUT_MS,
    readTimeoutMilliseconds: config.UPSTREAM_READ_TIMEOUT_MS,
  }
  const urls = upstreamUrlsOf('gateway', config)
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
