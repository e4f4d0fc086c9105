import { DailyfeedError } from '@dailyfeed/contract/errors'
import { securityHeaders } from '@dailyfeed/http-server/protection'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { GatewayConfig } from '../config.ts'
import { edgeClientOf } from '../edge-client.ts'
import { createDestination } from '../forward/destination.ts'
import { type ForwardContext, forward } from '../forward/forward.ts'
import { limitOwnAnswers } from '../forward/limit-own-answers.ts'
import { hasBody } from '../forward/request-body.ts'
import { forwardedHeadersOf } from '../forward/request-headers.ts'
import { isInternalPath, isApiPath, pathOf } from '../public-path.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Upstreams } from '../upstreams.ts'
import { pageFileOf } from './page-file.ts'

interface PageOptions {
  config: GatewayConfig
  upstreams: Upstreams
  context: ForwardContext
}

/** The page may run scripts of this origin and call this origin only; images may come from anywhere. */
const setHeadersOfPage = securityHeaders({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'https:', 'http:', 'data:', 'blob:'],
      connectSrc: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
    },
  },
  referrerPolicy: { policy: 'same-origin' },
})

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Dailyfeed</title>
<h1>The web client has not been built yet</h1>
<p>Build it with <code>npx vite build web</code> at the top of the repository, or start everything with <code>npm start</code>, which does. Then load this page again.</p>
<p>The API is available nevertheless: <a href="/docs">its documentation</a>.</p></html>
`

/** Serves every path outside the API: from the built web client, or with `WEB_URL` from that server. */
export const pageRoutes: FastifyPluginAsync<PageOptions> = async (
  app,
  { config, upstreams, context },
) => {
  app.addHook('onRequest', async (request) => {
    const path = decodeURIComponent(pathOf(request.url))
    if (isApiPath(path) || isInternalPath(path)) throw new DailyfeedError('NOT_FOUND')
  })

  if (upstreams.pages !== undefined) return forwardPages(app, upstreams.pages, config, context)

  limitOwnAnswers(app, config)
  await app.register(fastifyStatic, {
    root: config.WEB_DIR,
    serve: false,
    cacheControl: false,
    dotfiles: 'ignore',
  })
  app.get('/*', { config: { setSecurityHeaders: setHeadersOfPage } }, async (request, reply) => {
    const file = await pageFileOf(config.WEB_DIR, decodeURIComponent(pathOf(request.url)))
    if (file.kind === 'MISSING') throw new DailyfeedError('NOT_FOUND')
    if (file.kind === 'NOT_BUILT')
      return reply.code(503).type('text/html; charset=utf-8').send(NOT_BUILT)
    return reply.header('cache-control', file.cacheControl).sendFile(file.name)
  })
}

/** The server of the pages is none of the product: it gets no credential. */
function forwardPages(
  app: FastifyInstance,
  pages: Upstream,
  config: GatewayConfig,
  context: ForwardContext,
): void {
  const destination = createDestination(
    pages,
    config,
    () => new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 5 }),
  )
  app.route({
    method: ['GET', 'HEAD', 'POST'],
    url: '/*',
    handler(request, reply) {
      const client = edgeClientOf(request, config)
      forward(request, reply, {
        // Forms of pages may be of any size.
        kind: hasBody(request.raw) ? 'UPLOAD' : 'REQUEST',
        client,
        headers: forwardedHeadersOf(request, client, undefined),
        destination,
        context,
      })
    },
  })
}
