import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'

/** JSON is never a page: nothing may run in it and nobody may frame it. */
export const SECURITY_HEADERS: FastifyHelmetOptions = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
}

export const sendSecurityHeaders = async (app: FastifyInstance) => void (await app.register(helmet, SECURITY_HEADERS))

/** 503 with Retry-After before the queue of work grows beyond what can be answered in time. */
export const shedOverload = async (app: FastifyInstance) => void (await app.register(underPressure, { maxEventLoopDelay: 1_000, retryAfter: 2 }))
