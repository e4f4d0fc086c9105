import { addressBlockOf, plainAddress } from '@dailyfeed/http-server/address-block'
import type { Client } from '@dailyfeed/http-server/client-address'
import type { TrustedFrontends } from '@dailyfeed/http-server/trusted-frontends'
import type { FastifyRequest } from 'fastify'
import { type Hop, hopsOfForwarded, hopsOfForwardedFor, listOf } from './forwarded-hops.ts'

/** The setting FORWARDED_HEADER: the header in which the frontends name their clients. */
export type ForwardedHeader = 'auto' | 'x-forwarded-for' | 'forwarded'

interface EdgeSettings {
  TRUSTED_FRONTENDS: TrustedFrontends
  FORWARDED_HEADER: ForwardedHeader
}

/**
 * The client of a request at the edge. Only a peer of TRUSTED_FRONTENDS may name another client: the last hop of its
 * chain that is not such a frontend itself. Everything to the left of that hop is the client's own claim.
 */
export function edgeClientOf({ raw }: FastifyRequest, settings: EdgeSettings): Client {
  const { TRUSTED_FRONTENDS: frontends, FORWARDED_HEADER: header } = settings
  const peer = plainAddress(raw.socket.remoteAddress ?? '')
  const isHttps = (raw.socket as { encrypted?: boolean }).encrypted === true
  const own = { isHttps, host: raw.headers.host ?? '' }
  if (!frontends.includes(peer))
    return { ...own, address: peer, block: addressBlockOf(peer), isTrustedFrontend: false }

  const hop = clientHopOf(hopsOf(raw.headers, header), frontends)
  const address = hop?.address ?? peer
  const proto = hop?.proto ?? lastOf(raw.headers['x-forwarded-proto'])
  return {
    address,
    block: addressBlockOf(address),
    isHttps: proto === undefined ? isHttps : proto === 'https',
    host: hop?.host ?? lastOf(raw.headers['x-forwarded-host']) ?? own.host,
    isTrustedFrontend: frontends.includes(address),
  }
}

type Headers = FastifyRequest['raw']['headers']

/** Several headers of one name are one list: Node joins them in their order. */
function hopsOf(headers: Headers, header: ForwardedHeader): Hop[] {
  const forwardedFor = header === 'forwarded' ? '' : String(headers['x-forwarded-for'] ?? '')
  if (forwardedFor !== '' || header === 'x-forwarded-for') return hopsOfForwardedFor(forwardedFor)
  return hopsOfForwarded(headers.forwarded ?? '')
}

/** A hop without an address ends the search: its frontend does not name its client, and the rest is a claim. */
function clientHopOf(hops: readonly Hop[], frontends: TrustedFrontends): Hop | undefined {
  let last: Hop | undefined
  for (const hop of hops.toReversed()) {
    if (hop.address === undefined) return last
    last = hop
    if (!frontends.includes(hop.address)) return hop
  }
  return last
}

const lastOf = (header: string | string[] | undefined) => listOf(String(header ?? '')).at(-1)
