import type { onRequestAsyncHookHandler } from 'fastify'
import type { HttpServer } from './http-server.ts'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/**
 * Rate, errors and duration of each route, and the process's own figures, at GET /metrics. Returns the registry for more.
 * `guard` decides who may read them; absent: whoever reaches this port.
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
    // The pattern, not the path: an id in a label would make a series of each post.
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
