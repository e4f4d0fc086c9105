import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { plainAddress } from './trusted-frontends.ts'

/** The gateway's word that the client's address is one of its TRUSTED_FRONTENDS: many people behind one address. */
export const TRUSTED_FRONTEND = 'x-trusted-frontend'

export interface Client {
  /** IP address, without port. */
  address: string
  isHttps: boolean
  /** What the client called us, with its port if it said one. */
  host: string
  /** A frontend that does not say for whom it asks: never to be throttled by its address. */
  isTrustedFrontend: boolean
}

/**
 * Who asks, from the service's view. Headers about the client are the gateway's word only when its own credential comes
 * with them: whoever else sends them is ignored, wherever they connect from.
 */
export function clientOf(request: FastifyRequest): Client {
  const { socket, headers } = request.raw
  const address = plainAddress(socket.remoteAddress ?? '')
  const isHttps = (socket as { encrypted?: boolean }).encrypted === true
  const host = headers.host ?? ''
  const told = singleOf(headers['x-forwarded-for'])
  if (
    told === undefined ||
    isIP(told) === 0 ||
    request.server.internalCallers.callerOf(request) !== 'gateway'
  )
    return { address, isHttps, host, isTrustedFrontend: false }
  return {
    address: told,
    isHttps: singleOf(headers['x-forwarded-proto']) === 'https',
    host: singleOf(headers['x-forwarded-host']) ?? host,
    isTrustedFrontend: headers[TRUSTED_FRONTEND] === 'true',
  }
}

const singleOf = (header: string | string[] | undefined) =>
  typeof header === 'string' && header !== '' ? header : undefined
