import { isIP } from 'node:net'
import type { Client } from '@dailyfeed/http-server/client-address'
import { plainAddress, type TrustedFrontends } from '@dailyfeed/http-server/trusted-frontends'
import type { FastifyRequest } from 'fastify'

/**
 * The client of a request at the edge. Only a peer of TRUSTED_FRONTENDS may name another client: the last address of its
 * chain that is not such a frontend itself. Everything to the left of that address is the client's own claim.
 */
export function edgeClientOf({ raw }: FastifyRequest, frontends: TrustedFrontends): Client {
  const peer = plainAddress(raw.socket.remoteAddress ?? '')
  const own = {
    address: peer,
    isHttps: (raw.socket as { encrypted?: boolean }).encrypted === true,
    host: raw.headers.host ?? '',
  }
  if (!frontends.includes(peer)) return { ...own, isTrustedFrontend: false }

  const proto = lastOf(raw.headers['x-forwarded-proto'])
  const address = clientOfChain(raw.headers['x-forwarded-for'], frontends) ?? peer
  return {
    address,
    isHttps: proto === undefined ? own.isHttps : proto === 'https',
    host: lastOf(raw.headers['x-forwarded-host']) ?? own.host,
    isTrustedFrontend: frontends.includes(address),
  }
}

function clientOfChain(
  header: string | string[] | undefined,
  frontends: TrustedFrontends,
): string | undefined {
  let last: string | undefined
  for (const hop of listOf(header).reverse()) {
    const address = plainAddress(hop)
    if (isIP(address) === 0) return last
    last = address
    if (!frontends.includes(address)) return address
  }
  return last
}

const listOf = (header: string | string[] | undefined) =>
  String(header ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
const lastOf = (header: string | string[] | undefined) => listOf(header).at(-1)

/** The block that one subscriber has: an IPv4 address, or a /64 of IPv6, where each request could use another address. */
export function addressBlockOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail = ''] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = address.includes('::')
    ? 8 - groups.length - tail.split(':').filter((group) => group !== '').length
    : 0
  return [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...tail.split(':')]
    .slice(0, 4)
    .join(':')
}
