import { hkdfSync } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { EncryptJWT, jwtDecrypt } from 'jose'
import '@fastify/cookie'

interface SealedCookieOptions {
  /** Over HTTPS it is called `__Host-` and this: no neighbouring host can plant one. */
  name: string
  /** A secret of ours; each cookie gets a key of its own from it. */
  secret: string
  lifeSeconds: number
  isSecure: (request: FastifyRequest) => boolean
}

/** What a browser keeps for us for some minutes, and can neither read nor change. */
export interface SealedCookie<Content extends object> {
  /** Undefined: there is none, it is of somebody else, or its time is over. */
  read(request: FastifyRequest): Promise<Content | undefined>
  set(request: FastifyRequest, reply: FastifyReply, content: Content): Promise<void>
  clear(request: FastifyRequest, reply: FastifyReply): void
}

const ALGORITHM = { alg: 'dir', enc: 'A256GCM' }

export function createSealedCookie<Content extends object>({
  name,
  secret,
  lifeSeconds,
  isSecure,
}: SealedCookieOptions): SealedCookie<Content> {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', `cookie ${name}`, 32))
  const nameFor = (request: FastifyRequest) => (isSecure(request) ? `__Host-${name}` : name)
  // Lax: the browser comes back from another site, by a link.
  const attributes = (request: FastifyRequest) => ({
    httpOnly: true,
    sameSite: 'lax' as const,
    path: '/',
    secure: isSecure(request),
  })
  return {
    async read(request) {
      const sealed = request.cookies[nameFor(request)]
      if (sealed === undefined) return undefined
      try {
        const { payload } = await jwtDecrypt<{ content: Content }>(sealed, key, {
          audience: name,
          requiredClaims: ['exp'],
        })
        return payload.content
      } catch {
        return undefined
      }
    },
    async set(request, reply, content) {
      const sealed = await new EncryptJWT({ content })
        .setProtectedHeader(ALGORITHM)
        .setAudience(name)
        .setExpirationTime(`${lifeSeconds}s`)
        .encrypt(key)
      reply.setCookie(nameFor(request), sealed, { ...attributes(request), maxAge: lifeSeconds })
    },
    clear: (request, reply) =>
      void reply.setCookie(nameFor(request), '', { ...attributes(request), maxAge: 0 }),
  }
}
