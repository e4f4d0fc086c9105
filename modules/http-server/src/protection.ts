import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpServer } from './http-server.ts'
import helmet, { type HelmetOptions } from 'helmet'

/** Sets the security headers of one kind of answer on the raw answer. */
export type SetSecurityHeaders = (request: FastifyRequest, reply: FastifyReply) => void

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Security headers of answers that are not JSON; used by `secureOwnAnswers` only. */
    setSecurityHeaders?: SetSecurityHeaders
  }
}

/**
 * Prepared once for all answers. @fastify/helmet creates its functions for each request, and they survive it: 5 KB each
 * that only a major garbage collection frees.
 */
export function securityHeaders(options: HelmetOptions): SetSecurityHeaders {
  const set = helmet(options)
  return (request, reply) => set(request.raw, reply.raw, throwIfAny)
}

function throwIfAny(error?: unknown): void {
  if (error !== undefined) throw error
}

/** JSON is never shown as a page: scripts and frames are forbidden. */
const setHeadersOfJson = securityHeaders({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
})

export const sendSecurityHeaders = (app: HttpServer): void =>
  void app.addHook('onRequest', (request, reply, done) => {
    setHeadersOfJson(request, reply)
    done()
  })

/** For a proxy: sets headers on its own answers only. Forwarded answers have theirs from their service. */
export const secureOwnAnswers = (app: HttpServer): void =>
  void app.addHook('onSend', async (request, reply) => {
    const isJson = String(reply.getHeader('content-type')).startsWith('application/json')
    const set = isJson ? undefined : request.routeOptions.config.setSecurityHeaders
    ;(set ?? setHeadersOfJson)(request, reply)
  })
