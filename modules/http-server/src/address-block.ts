import { isIP } from 'node:net'

declare const blockBrand: unique symbol

/**
 * The addresses that one subscriber has: a single IPv4 address, or a /64 of IPv6, within which each request could use
 * another address. It is the only form of an address by which requests are counted; `addressBlockOf` makes it.
 */
export type AddressBlock = string & { readonly [blockBrand]: true }

/**
 * The block of an IP address. IPv6 addresses that stand for an IPv4 address belong to that address: mapped ones
 * (RFC 4291), those of a translator (64:ff9b::/96, RFC 6052), which maps all of IPv4 into one /64, and 6to4 (RFC 3056),
 * where one IPv4 address has 65,536 blocks of /64. A text that is no address is its own block.
 */
export function addressBlockOf(address: string): AddressBlock {
  if (isIP(address) !== 6) return address as AddressBlock
  const groups = groupsOf(address)
  return (ipv4Within(groups) ?? `${hexadecimal(groups.slice(0, 4))}::/64`) as AddressBlock
}

/** An address without its zone, and an IPv4 address in its plain form, also where a dual-stack socket reports it as `::ffff:…`. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address
  const zone = address.indexOf('%')
  const plain = zone === -1 ? address : address.slice(0, zone)
  if (isIP(plain) !== 6) return address
  if (!MAYBE_MAPPED.test(plain)) return plain
  const groups = groupsOf(plain)
  return isMapped(groups) ? ipv4Of(groups[6], groups[7]) : plain
}

/** Zeros and colons before `ffff`. Most addresses need no further parsing. */
const MAYBE_MAPPED = /^[0:]+ffff:/i

const isMapped = (groups: readonly number[]) => startsWith(groups, [0, 0, 0, 0, 0, 0xffff])
const isTranslated = (groups: readonly number[]) => startsWith(groups, [0x64, 0xff9b, 0, 0, 0, 0])
const is6to4 = (groups: readonly number[]) => groups[0] === 0x2002

function ipv4Within(groups: readonly number[]): string | undefined {
  if (isMapped(groups) || isTranslated(groups)) return ipv4Of(groups[6], groups[7])
  return is6to4(groups) ? ipv4Of(groups[1], groups[2]) : undefined
}

const startsWith = (groups: readonly number[], prefix: readonly number[]) =>
  prefix.every((group, index) => groups[index] === group)

const ipv4Of = (high = 0, low = 0) => `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`

const hexadecimal = (groups: readonly number[]) =>
  groups.map((group) => group.toString(16)).join(':')

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const zone = address.indexOf('%')
  const [head = '', tail] = (zone === -1 ? address : address.slice(0, zone)).split('::')
  const first = numbersOf(head)
  if (tail === undefined) return first
  const last = numbersOf(tail)
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last]
}

const numbersOf = (part: string): number[] =>
  part === ''
    ? []
    : part
        .split(':')
        .flatMap((group) =>
          group.includes('.') ? groupsOfIpv4(group) : [Number.parseInt(group, 16)],
        )

function groupsOfIpv4(address: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  return [a * 256 + b, c * 256 + d]
}
