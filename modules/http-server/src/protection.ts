import type { FastifyReply, FastifyRequest } from 'fastify'
import helmet, { type HelmetOptions } from 'helmet'
import type { HttpServer } from './http-server.ts'
import { headersSetBy, PreparedHeaders } from './prepared-headers.ts'

/** Sets the security headers of one kind of answer on the raw answer. */
export type SetSecurityHeaders = (request: FastifyRequest, reply: FastifyReply) => void

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Security headers of answers that are not JSON; used by `secureOwnAnswers` only. */
    setSecurityHeaders?: SetSecurityHeaders
  }
}

/** Helmet runs once, and all answers get what it has set: its headers depend on no request. */
const headersOf = (options: HelmetOptions) => {
  const set = helmet(options)
  return headersSetBy((request, response) => set(request, response, throwIfAny))
}

function throwIfAny(error?: unknown): void {
  if (error !== undefined) throw error
}

export function securityHeaders(options: HelmetOptions): SetSecurityHeaders {
  const headers = new PreparedHeaders(headersOf(options))
  return (_request, reply) => headers.applyTo(reply.raw)
}

/** JSON is never shown as a page: scripts and frames are forbidden. */
const JSON_OPTIONS: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
}
const setHeadersOfJson = securityHeaders(JSON_OPTIONS)

/** The headers of every answer of a service: nothing is stored, unless a route says otherwise. */
export const SERVICE_HEADERS = new PreparedHeaders([
  ['cache-control', 'no-store'],
  ...headersOf(JSON_OPTIONS),
])

/** For a proxy: sets headers on its own answers only. Forwarded answers have theirs from their service. */
export const secureOwnAnswers = (app: HttpServer): void =>
  void app.addHook('onSend', (request, reply, _payload, done) => {
    const isJson = String(reply.getHeader('content-type')).startsWith('application/json')
    const set = isJson ? undefined : request.routeOptions.config.setSecurityHeaders
    ;(set ?? setHeadersOfJson)(request, reply)
    done()
  })
