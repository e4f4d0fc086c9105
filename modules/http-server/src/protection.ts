import underPressure from '@fastify/under-pressure'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpServer } from './http-server.ts'
import helmet, { type HelmetOptions } from 'helmet'

/** Puts the security headers of one kind of answer on the raw answer. */
export type SetSecurityHeaders = (request: FastifyRequest, reply: FastifyReply) => void

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of what is not JSON; only where `secureOwnAnswers` is used. */
    setSecurityHeaders?: SetSecurityHeaders
  }
}

/**
 * Made once for all answers. @fastify/helmet makes its functions anew for each, which then live on after the request:
 * 5 KB each that only a collection of everything takes away.
 */
export function securityHeaders(options: HelmetOptions): SetSecurityHeaders {
  const set = helmet(options)
  return (request, reply) => set(request.raw, reply.raw, throwIfAny)
}

function throwIfAny(error?: unknown): void {
  if (error !== undefined) throw error
}

/** JSON is never a page: nothing may run in it and nobody may frame it. */
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

/** For a server that passes on the answers of others: those bring their own headers, and are not touched. */
export const secureOwnAnswers = (app: HttpServer): void =>
  void app.addHook('onSend', async (request, reply) => {
    const isJson = String(reply.getHeader('content-type')).startsWith('application/json')
    const set = isJson ? undefined : request.routeOptions.config.setSecurityHeaders
    ;(set ?? setHeadersOfJson)(request, reply)
  })

/** 503 with Retry-After before the queue of work grows beyond what can be answered in time. In milliseconds; 0: never. */
export const shedOverload = async (app: HttpServer, maxEventLoopDelay = 1_000) =>
  void (await app.register(underPressure, { maxEventLoopDelay, retryAfter: 2 }))
