import { createHash, timingSafeEqual } from 'node:crypto'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import type { FastifyRequest } from 'fastify'

/** Services that may call internal routes of this one. Each is recognised by its credential, never by its address. */
export interface InternalCallers {
  /** The name of the calling service; undefined without a known credential. */
  callerOf(request: FastifyRequest): string | undefined
}

/** Parses `INTERNAL_CALLERS`: `name:sha256hex` entries, separated by commas. Throws a TypeError for a malformed entry. */
export function internalCallers(list: string): InternalCallers {
  const callers = list
    .split(',')
    .filter((entry) => entry.trim() !== '')
    .map((entry) => {
      const [name = '', hash = ''] = entry.trim().split(':')
      if (!/^[0-9a-f]{64}$/.test(hash))
        throw new TypeError(
          `INTERNAL_CALLERS: '${name}' has no SHA-256 hash of 64 hexadecimal digits`,
        )
      return { name, hash: Buffer.from(hash, 'hex') }
    })
  return {
    callerOf(request) {
      const token = request.headers[INTERNAL_TOKEN]
      if (typeof token !== 'string' || token.length > 512) return undefined
      const given = createHash('sha256').update(token).digest()
      return callers.find(({ hash }) => timingSafeEqual(hash, given))?.name
    },
  }
}
