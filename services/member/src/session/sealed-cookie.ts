import { hkdfSync } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { EncryptJWT, jwtDecrypt } from 'jose'
import '@fastify/cookie'

interface SealedCookieOptions {
  /** Over HTTPS the cookie's name has the prefix `__Host-`, so that no neighbouring host can set it. */
  name: string
  /** A secret of the service, from which each cookie derives a key of its own. */
  secret: string
  lifeSeconds: number
  isSecure: (request: FastifyRequest) => boolean
}

/** An encrypted cookie: the browser keeps it for `lifeSeconds`, and can neither read nor change it. */
export interface SealedCookie<Content extends object> {
  /** Undefined when the cookie is missing, not genuine, or expired. */
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
  // Lax, because the browser comes back from a provider's site by a link.
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
