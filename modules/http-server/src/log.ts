import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'

/** The log of a service: `log.warn({ err, … }, 'what failed; what happens next')`. */
export type Log = FastifyBaseLogger

/**
 * Created before everything else that a service starts with, since each of its parts takes it. Writes JSON lines to
 * standard output. Headers are never written: they hold tokens and cookies.
 */
export const createLog = (service: string, level: string): Log =>
  pino({ level, name: service, redact: ['req.headers', 'res.headers'] })
