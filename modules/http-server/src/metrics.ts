import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { HttpServer } from './http-server.ts'
import { DurationHistogram, type DurationSeries } from './route-durations.ts'

const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * Serves rate, errors and duration of each route and the process's own metrics at GET /metrics. Returns the registry, so
 * that other parts can add theirs. `guard` refuses readers; without it everybody who reaches the port may read. Call it
 * before adding routes.
 */
export function registerMetrics(
  app: HttpServer,
  service: string,
  guard: onRequestAsyncHookHandler = async () => {},
): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  measureRoutes(app, registry)
  app.get(
    '/metrics',
    {
      config: { access: 'PUBLIC', priority: 'FIRST' },
      schema: { hide: true },
      onRequest: guard,
    },
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  )
  return registry
}

/** Observes each answer under its route's pattern: an id as a label would create a time series for each post. */
function measureRoutes(app: HttpServer, registry: Registry): void {
  const histogram = new DurationHistogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from request to response, by route',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: BUCKETS,
    registers: [registry],
  })
  const observerOf = (route: string) => {
    const series = new Map<string, DurationSeries[]>()
    return ({ method }: FastifyRequest, { statusCode: status, elapsedTime }: FastifyReply) => {
      const byStatus = series.get(method) ?? []
      if (byStatus.length === 0) series.set(method, byStatus)
      byStatus[status] ??= histogram.addSeries({ method, route, status }, BUCKETS)
      byStatus[status].observe(elapsedTime / 1_000)
    }
  }
  app.addHook('onRoute', (route) => {
    const observe = observerOf(route.url)
    const measure = (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
      observe(request, reply)
      done()
    }
    route.onResponse = [measure, ...[route.onResponse ?? []].flat()]
  })
  // Hooks of a route do not run where there is none.
  const observeUnknown = observerOf('unknown')
  app.addHook('onResponse', (request, reply, done) => {
    if (request.is404) observeUnknown(request, reply)
    done()
  })
}
