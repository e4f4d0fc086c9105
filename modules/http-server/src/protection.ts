import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'

/** JSON is never a page: nothing may run in it and nobody may frame it. */
export const SECURITY_HEADERS: FastifyHelmetOptions = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Instead of SECURITY_HEADERS; only where `secureOwnAnswers` is used. */
    securityHeaders?: FastifyHelmetOptions
  }
}

export const sendSecurityHeaders = async (app: FastifyInstance) => void (await app.register(helmet, SECURITY_HEADERS))

/** For a server that passes on the answers of others: those bring their own headers, and are not touched. */
export async function secureOwnAnswers(app: FastifyInstance): Promise<void> {
  await app.register(helmet, { ...SECURITY_HEADERS, global: false })
  app.addHook('onSend', async (request, reply) => {
    const isJson = String(reply.getHeader('content-type')).startsWith('application/json')
    await reply.helmet(isJson ? undefined : request.routeOptions.config.securityHeaders)
  })
}

/** 503 with Retry-After before the queue of work grows beyond what can be answered in time. In milliseconds; 0: never. */
export const shedOverload = async (app: FastifyInstance, maxEventLoopDelay = 1_000) =>
  void (await app.register(underPressure, { maxEventLoopDelay, retryAfter: 2 }))
