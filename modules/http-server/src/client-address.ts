import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { type AddressBlock, addressBlockOf, plainAddress } from './address-block.ts'

/** Header by which the gateway marks an address of its TRUSTED_FRONTENDS: many people share it. */
export const TRUSTED_FRONTEND = 'x-trusted-frontend'

export interface Client {
  /** IP address, without port. Requests are counted by `block`, never by it. */
  address: string
  block: AddressBlock
  isHttps: boolean
  /** Host that the client requested, with its port if it gave one. */
  host: string
  /** A frontend that forwards without its client's address: it must not be throttled by its own address. */
  isTrustedFrontend: boolean
}

/**
 * The client of a request, from the service's view. Forwarding headers count only beside the gateway's own credential;
 * from any other sender they are ignored, whatever its address.
 */
export function clientOf(request: FastifyRequest): Client {
  const { socket, headers } = request.raw
  const address = plainAddress(socket.remoteAddress ?? '')
  const isHttps = (socket as { encrypted?: boolean }).encrypted === true
  const host = headers.host ?? ''
  const forwarded = singleOf(headers['x-forwarded-for'])
  if (
    forwarded === undefined ||
    isIP(forwarded) === 0 ||
    request.server.internalCallers.callerOf(request) !== 'gateway'
  )
    return { address, block: addressBlockOf(address), isHttps, host, isTrustedFrontend: false }
  return {
    address: forwarded,
    block: addressBlockOf(forwarded),
    isHttps: singleOf(headers['x-forwarded-proto']) === 'https',
    host: singleOf(headers['x-forwarded-host']) ?? host,
    isTrustedFrontend: headers[TRUSTED_FRONTEND] === 'true',
  }
}

const singleOf = (header: string | string[] | undefined) =>
  typeof header === 'string' && header !== '' ? header : undefined
