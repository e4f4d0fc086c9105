import { DailyfeedError } from '@dailyfeed/contract/errors'
import { FIRST_PATHS } from '@dailyfeed/contract/first-paths'
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Refusal } from './admission.ts'
import { failWith } from './error-handler.ts'
import type { HttpServer } from './http-server.ts'
import type { LoadGuard } from './load-guard.ts'
import { OverloadLog } from './overload-log.ts'
import { PreparedResponse } from './prepared-headers.ts'

/** Requests of this priority start at once, also in an overload: probes, logins, refreshed tokens. */
export type Priority = 'FIRST'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A function decides for a route that serves many paths. */
    priority?: Priority | ((request: FastifyRequest) => Priority | undefined)
  }
}

const OVERLOADED = new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2 })

/**
 * Refuses requests with 503 and Retry-After while the process cannot keep up, so that those which it
 * admits are answered in time (docs/limits.md, "Overload of a process"). Call it before adding routes.
 */
export function shedOverload(app: HttpServer, metrics: Registry, guard: LoadGuard): void {
  const count = countRefusals(app, metrics, guard)
  app.addHook('onListen', async () => guard.beginStart())
  const refuse = (request: FastifyRequest, reply: FastifyReply, reason: Refusal) => {
    count(reason)
    failWith(request, reply, OVERLOADED)
  }
  const admit: onRequestHookHandler = (request, reply, done) => {
    if (!guard.isOn) return done()
    const { raw } = reply
    if (raw instanceof PreparedResponse) {
      // A gateway passes requests to services of its process: they have waited once.
      if (raw.isAdmitted === true) return done()
      raw.isAdmitted = true
    }
    if (guard.eventLoop.isTooLong) return refuse(request, reply, 'EVENT_LOOP_DELAY')
    if (guard.admission.startsNow()) return done()
    guard.admission.wait({
      start: done,
      refuse: (reason) => refuse(request, reply, reason),
      isGone: () => request.raw.socket.destroyed,
    })
  }
  app.addHook('onRoute', (route) => {
    const { priority } = route.config ?? {}
    if (priority === 'FIRST' || FIRST_PATHS.has(route.url)) return
    const hook: onRequestHookHandler =
      priority === undefined
        ? admit
        : function admitByPriority(request, reply, done) {
            if (priority(request) === 'FIRST') return done()
            return admit.call(this, request, reply, done)
          }
    route.onRequest = [hook, ...[route.onRequest ?? []].flat()]
  })
}

/** Metrics and log of refusals. Returns the function that counts one. */
function countRefusals(app: HttpServer, metrics: Registry, guard: LoadGuard) {
  const refused = new Counter({
    name: 'http_server_requests_shed_total',
    help: 'Requests answered 503 because the process was overloaded, by reason',
    labelNames: ['reason'] as const,
    registers: [metrics],
  })
  new Gauge({
    name: 'http_server_requests_waiting',
    help: 'Requests of this process that have arrived and not yet started',
    registers: [metrics],
    collect() {
      this.set(guard.admission.waiting)
    },
  })
  new Gauge({
    name: 'http_server_overloaded',
    help: '1 while this process refuses requests because it cannot keep up, else 0',
    registers: [metrics],
    collect() {
      this.set(guard.admission.isOverloaded() || guard.eventLoop.isTooLong ? 1 : 0)
    },
  })
  const log = new OverloadLog(app.log)
  app.addHook('onClose', async () => log.stop())
  return (reason: Refusal) => {
    refused.inc({ reason: reason.toLowerCase() })
    log.count(reason)
  }
}
