import { isIP } from 'node:net'
import { plainAddress } from '@dailyfeed/http-server/address-block'

/** A client or proxy as the next proxy has described it. */
export interface Hop {
  /** Undefined for `unknown`, an obfuscated identifier, and every other text that is no IP address. */
  address: string | undefined
  proto?: string | undefined
  host?: string | undefined
}

/** Hops of an X-Forwarded-For header, the nearest one last. */
export const hopsOfForwardedFor = (header: string): Hop[] =>
  listOf(header).map((hop) => ({ address: addressOf(hop) }))

/**
 * Hops of a Forwarded header (RFC 7239), the nearest one last. Every comma and semicolon separates, also within quotes:
 * no value of a trusted proxy contains one, and an unclosed quote of the client must not hide the hops behind it.
 */
export const hopsOfForwarded = (header: string): Hop[] =>
  listOf(header).map((element) => {
    const pairs = new Map(element.split(';').map(pairOf))
    return {
      address: addressOf(pairs.get('for') ?? ''),
      proto: pairs.get('proto')?.toLowerCase(),
      host: pairs.get('host'),
    }
  })

/** The elements of a list; empty ones do not count (RFC 9110, 5.6.1). */
export const listOf = (header: string): string[] =>
  header
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '')

function pairOf(pair: string): [name: string, value: string] {
  const equals = pair.indexOf('=')
  return [
    pair.slice(0, Math.max(0, equals)).trim().toLowerCase(),
    unquoted(pair.slice(equals + 1).trim()),
  ]
}

const unquoted = (value: string) => /^"(.*)"$/.exec(value)?.[1] ?? value

/** `[2001:db8::1]`, `[2001:db8::1]:4711` or `203.0.113.9:4711`; the brackets and the port are cut off. */
const WITH_BRACKETS = /^\[([^\]]*)\](?::\d{1,5})?$/
const WITH_PORT = /^([\d.]+):\d{1,5}$/

function addressOf(hop: string): string | undefined {
  const text = unquoted(hop)
  const address = plainAddress(WITH_BRACKETS.exec(text)?.[1] ?? WITH_PORT.exec(text)?.[1] ?? text)
  return isIP(address) === 0 ? undefined : address
}
