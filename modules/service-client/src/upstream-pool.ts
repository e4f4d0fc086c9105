import { type Dispatcher, Pool } from 'undici'
import { MAX_IDLE_MILLISECONDS } from './idle-connections.ts'

export type UpstreamPool = Pool
export type UpstreamHandler = Dispatcher.DispatchHandler
export type UpstreamControl = Dispatcher.DispatchController

interface UpstreamPoolOptions {
  connectTimeoutMilliseconds: number
  readTimeoutMilliseconds: number
}

/** A pool of at most 128 connections to one server, for a proxy. Requests beyond them wait. */
export const openUpstreamPool = (
  baseUrl: string,
  { connectTimeoutMilliseconds, readTimeoutMilliseconds }: UpstreamPoolOptions,
): UpstreamPool =>
  new Pool(new URL(baseUrl).origin, {
    connections: 128,
    connect: { timeout: connectTimeoutMilliseconds },
    headersTimeout: readTimeoutMilliseconds,
    bodyTimeout: readTimeoutMilliseconds,
    keepAliveTimeout: MAX_IDLE_MILLISECONDS,
    keepAliveMaxTimeout: MAX_IDLE_MILLISECONDS,
  })
