import { type Dispatcher, Pool } from 'undici'
import { MAX_IDLE_MILLISECONDS } from './idle-connections.ts'

export type UpstreamPool = Pool
export type UpstreamHandler = Dispatcher.DispatchHandler
export type UpstreamControl = Dispatcher.DispatchController

interface UpstreamPoolOptions {
  connections: number
  connectTimeoutMilliseconds: number
  readTimeoutMilliseconds: number
}

/**
 * A pool of connections to one server, for a proxy. Its own queue has neither a bound nor a time
 * limit: the proxy must not dispatch more requests at once than there are connections.
 */
export const openUpstreamPool = (
  baseUrl: string,
  { connections, connectTimeoutMilliseconds, readTimeoutMilliseconds }: UpstreamPoolOptions,
): UpstreamPool =>
  new Pool(new URL(baseUrl).origin, {
    connections,
    connect: { timeout: connectTimeoutMilliseconds },
    headersTimeout: readTimeoutMilliseconds,
    bodyTimeout: readTimeoutMilliseconds,
    keepAliveTimeout: MAX_IDLE_MILLISECONDS,
    keepAliveMaxTimeout: MAX_IDLE_MILLISECONDS,
  })
