import type { onRequestAsyncHookHandler } from 'fastify'
import type { HttpServer } from './http-server.ts'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/**
 * Serves rate, errors and duration of each route and the process's own metrics at GET /metrics. Returns the registry, so
 * that other parts can add theirs. `guard` refuses readers; without it everybody who reaches the port may read.
 */
export function registerMetrics(
  app: HttpServer,
  service: string,
  guard: onRequestAsyncHookHandler = async () => {},
): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  const duration = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from request to response, by route',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  app.addHook('onResponse', async (request, reply) => {
    // The route's pattern, not the path: an id as a label would create a time series for each post.
    duration.observe(
      {
        method: request.method,
        route: request.routeOptions.url ?? 'unknown',
        status: reply.statusCode,
      },
      reply.elapsedTime / 1_000,
    )
  })
  app.get(
    '/metrics',
    { config: { access: 'PUBLIC' }, schema: { hide: true }, onRequest: guard },
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  )
  return registry
}
