import { BlockList, isIP } from 'node:net'

/** `TRUSTED_FRONTENDS`: proxies in front of the gateway whose forwarding headers are trusted. */
export interface TrustedFrontends {
  includes(address: string): boolean
}

/** Parses addresses and CIDR ranges, separated by commas. Throws a TypeError for anything else. */
export function trustedFrontendsOf(list: string): TrustedFrontends {
  const entries = list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  if (entries.length === 0) return { includes: () => false }
  const known = new BlockList()
  for (const entry of entries) {
    const [address = '', prefix, ...rest] = entry.split('/')
    const family = familyOf(address)
    const bits = prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix)
    if (
      family === undefined ||
      rest.length > 0 ||
      !/^\d{1,3}$/.test(prefix ?? '0') ||
      bits > (family === 'ipv4' ? 32 : 128)
    ) {
      throw new TypeError(`TRUSTED_FRONTENDS: '${entry}' is neither an address nor a CIDR range`)
    }
    known.addSubnet(address, bits, family)
  }
  return {
    includes(address) {
      const family = familyOf(address)
      return family !== undefined && known.check(address, family)
    },
  }
}

const familyOf = (address: string) => (({ 4: 'ipv4', 6: 'ipv6' }) as const)[isIP(address)]
