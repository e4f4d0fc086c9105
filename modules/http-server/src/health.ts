import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { HttpServer } from './http-server.ts'
import Type from 'typebox'
import { success, successOf } from './envelope.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes readiness fail at once, while requests are still served. */
    startDraining(): void
  }
}

/** `live` depends on nothing; `ready` calls `checkReady`, which throws while a required dependency is unreachable. */
export function registerHealthRoutes(app: HttpServer, checkReady: () => Promise<void>): void {
  let draining = false
  app.decorate('startDraining', () => {
    draining = true
  })
  const route = {
    config: { access: 'PUBLIC' as const, priority: 'FIRST' as const },
    logLevel: 'warn' as const,
    schema: { hide: true, response: { 200: successOf(Type.String()) } },
  }
  app.get('/healthz/live', route, async () => success(200, 'live'))
  app.get('/healthz/ready', route, async (request) => {
    if (draining) throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 1 })
    try {
      await checkReady()
    } catch (error) {
      request.log.warn({ err: error }, 'not ready')
      throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 1, cause: error })
    }
    return success(200, 'ready')
  })
}
