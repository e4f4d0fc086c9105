import { DailyfeedError } from '@dailyfeed/contract/errors'
import { Gauge } from 'prom-client'
import Type from 'typebox'
import { Components } from './components.ts'
import { success, successOf } from './envelope.ts'
import { failWith } from './error-handler.ts'
import type { HttpServer } from './http-server.ts'
import { ReadinessCheck } from './readiness.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The components that GET /healthz/ready names. Parts with a state to show register here. */
    components: Components
    /** Makes readiness fail at once, while requests are still served. */
    startDraining(): void
    /** Resolves when the service is ready for the first time, or closes. */
    untilReady(): Promise<void>
  }
}

const Ready = Type.Object({
  ...successOf(Type.String()).properties,
  components: Type.Record(
    Type.String(),
    Type.Object({
      state: Type.String(),
      required: Type.Boolean(),
      detail: Type.Optional(Type.String()),
      circuit: Type.Optional(Type.String()),
    }),
  ),
})
const Query = Type.Object({
  exclude: Type.Optional(
    Type.String({
      maxLength: 500,
      description: 'Names of components that do not count this time, separated by commas',
    }),
  ),
})
interface HealthOptions {
  /** Milliseconds between checks without a probe; by default only probes check, once the service is ready. */
  checkEveryMilliseconds?: number
}

/** Probes come every few seconds: changes of the state are logged, not each 503. */
const ROUTE = {
  config: { access: 'PUBLIC' as const, priority: 'FIRST' as const },
  logLevel: 'error' as const,
}

/**
 * `live` depends on nothing. `ready` is 200 while every required component works, otherwise 503;
 * both name every component with its state.
 */
export function registerHealthRoutes(
  app: HttpServer,
  { checkEveryMilliseconds }: HealthOptions = {},
): void {
  const components = new Components()
  const readiness = new ReadinessCheck(components, app.log)
  app.decorate('components', components)
  app.decorate('startDraining', () => readiness.startDraining())
  app.decorate('untilReady', () => readiness.untilReady())
  let checking: NodeJS.Timeout | undefined
  app.addHook('onListen', async () => {
    void readiness.untilReady()
    if (checkEveryMilliseconds === undefined) return
    checking = setInterval(() => void readiness.check(), checkEveryMilliseconds)
    checking.unref()
  })
  app.addHook('onClose', async () => {
    clearInterval(checking)
    readiness.close()
  })
  measureComponents(app, components)

  const live = { schema: { hide: true, response: { 200: successOf(Type.String()) } } }
  app.get('/healthz/live', { ...ROUTE, ...live }, async () => success(200, 'live'))
  const ready = { schema: { hide: true, querystring: Query, response: { 200: Ready } } }
  app.get('/healthz/ready', { ...ROUTE, ...ready }, async (request, reply) => {
    const excluded = new Set(request.query.exclude?.split(','))
    const { isReady, components } = await readiness.check(excluded)
    if (isReady) return { ...success(200, 'ready'), components }
    const error = new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 1 })
    return failWith(request, reply, error, { components })
  })
}

function measureComponents(app: HttpServer, components: Components): void {
  new Gauge({
    name: 'component_up',
    help: '1 while a component that the service depends on works, as in /healthz/ready; else 0',
    labelNames: ['component'] as const,
    registers: [app.metrics],
    async collect() {
      await components.refresh()
      for (const [component, { state }] of Object.entries(components.report()))
        this.set({ component }, state === 'UP' ? 1 : 0)
    },
  })
}
