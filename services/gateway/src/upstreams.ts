import { upstreamUrlsOf } from '@dailyfeed/configuration/upstream-settings'
import { SERVICES } from '@dailyfeed/contract/services'
import type { GatewayConfig, UpstreamName } from './config.ts'
import { InProcessUpstream } from './upstream/in-process-upstream.ts'
import type { RequestHandler } from './upstream/request-handler.ts'
import { SocketUpstream } from './upstream/socket-upstream.ts'
import { StreamingResponses } from './upstream/streaming-responses.ts'
import type { Upstream } from './upstream/upstream.ts'

export const UPSTREAM_NAMES: readonly UpstreamName[] = SERVICES.gateway.calls

/** The only service with streams: those of notifications. */
const STREAMING_UPSTREAM: UpstreamName = 'activity'

/** Services that run in the process of the gateway. */
export type ServicesInProcess = Partial<Record<UpstreamName, RequestHandler>>

export interface Upstreams {
  services: Record<UpstreamName, Upstream>
  /** The server of `WEB_URL`; undefined where the gateway serves the pages itself. */
  pages: Upstream | undefined
  streamingResponses: StreamingResponses
  close(): Promise<void>
}

export function openUpstreams(config: GatewayConfig, inProcess: ServicesInProcess): Upstreams {
  const streamingResponses = new StreamingResponses()
  const readTimeoutMilliseconds = config.UPSTREAM_READ_TIMEOUT_MS
  const overSockets = (baseUrl: string, streams = 0) =>
    new SocketUpstream({
      baseUrl,
      connections: config.UPSTREAM_REQUESTS_MAX,
      streams,
      connectTimeoutMilliseconds: config.UPSTREAM_CONNECT_TIMEOUT_MS,
      readTimeoutMilliseconds,
      streamingResponses,
    })
  const urls = upstreamUrlsOf('gateway', config)
  const open = (name: UpstreamName): Upstream => {
    const handler = inProcess[name]
    return handler === undefined
      ? overSockets(urls[name], name === STREAMING_UPSTREAM ? config.STREAMS_MAX : 0)
      : new InProcessUpstream({
          handler,
          host: new URL(urls[name]).host,
          readTimeoutMilliseconds,
          streamingResponses,
        })
  }
  const services = Object.fromEntries(UPSTREAM_NAMES.map((name) => [name, open(name)])) as Record<
    UpstreamName,
    Upstream
  >
  const pages = config.WEB_URL === undefined ? undefined : overSockets(config.WEB_URL)
  return {
    services,
    pages,
    streamingResponses,
    async close() {
      await Promise.all([...Object.values(services), pages].map((upstream) => upstream?.close()))
    },
  }
}
