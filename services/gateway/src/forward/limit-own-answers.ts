import { Quota } from '@dailyfeed/concurrency/quota'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from '../config.ts'
import { edgeClientOf } from '../edge-client.ts'

/** Limits the unanswered requests of one address block for pages and documents, which the gateway answers itself. */
export function limitOwnAnswers(app: FastifyInstance, config: GatewayConfig): void {
  if (config.RATE_LIMIT === 'off') return
  const requests = new Quota({
    total: Number.POSITIVE_INFINITY,
    perKey: config.REQUESTS_PER_CLIENT,
  })
  app.addHook('onRequest', (request, reply, done) => {
    const { block, isTrustedFrontend } = edgeClientOf(request, config)
    if (isTrustedFrontend) return done()
    if (requests.tryTake(block) !== 'TAKEN')
      return done(new DailyfeedError('TOO_MANY_REQUEST', { retryAfterSeconds: 1 }))
    reply.raw.once('close', () => requests.release(block))
    done()
  })
}
