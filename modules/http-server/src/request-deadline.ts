import { RequestDeadline, runWithDeadline } from '@dailyfeed/concurrency/request-deadline'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import { DEADLINE } from '@dailyfeed/contract/headers'
import type { HttpServer } from './http-server.ts'

/** No call takes longer, by the maximum of its setting; a larger value is cut. */
const MAX_MILLISECONDS = 3_600_000

/**
 * Ends the work of a request when its caller stops waiting: statements in PostgreSQL are cancelled, calls to other
 * services pass on what is left, and the answer is 503. Without the header nothing changes. The header can only shorten
 * what the service's own time limits allow, so any sender may set it; the gateway drops that of a client.
 *
 * The hook runs after the body has been read: events of the socket would lose what is set before.
 */
export function honourDeadlines(app: HttpServer): void {
  app.addHook('preHandler', (request, reply, done) => {
    const given = request.headers[DEADLINE]
    if (given === undefined) return done()
    const remaining =
      typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given) : undefined
    if (remaining === undefined) return done()
    if (remaining === 0)
      return done(new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2 }))
    const deadline = new RequestDeadline(Math.min(remaining, MAX_MILLISECONDS), reply.raw)
    runWithDeadline(deadline, done)
  })
}
