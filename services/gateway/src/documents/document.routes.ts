import { fileURLToPath } from 'node:url'
import { securityHeaders } from '@dailyfeed/http-server/protection'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'
import type { GatewayConfig } from '../config.ts'
import { limitOwnAnswers } from '../forward/limit-own-answers.ts'
import type { Upstreams } from '../upstreams.ts'
import { createPublicDocument } from './public-document.ts'

/** Only the files of Swagger UI are used. Its Fastify plugin would document this server's own routes and load everything at start. */
const SWAGGER_UI = fileURLToPath(new URL('./static/', import.meta.resolve('@fastify/swagger-ui')))
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'index.css', 'favicon-32x32.png']

/** Swagger UI uses inline styles and images as data URLs; its scripts are files. */
const setHeadersOfDocuments = securityHeaders({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
    },
  },
  referrerPolicy: { policy: 'same-origin' },
})

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Dailyfeed API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
    <link rel="stylesheet" href="/docs/index.css" />
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, docExpansion: 'none', validatorUrl: null })\n`

interface DocumentOptions {
  config: GatewayConfig
  upstreams: Upstreams
}

export const documentRoutes: FastifyPluginAsync<DocumentOptions> = async (
  app,
  { config, upstreams },
) => {
  limitOwnAnswers(app, config)
  const publicDocument = createPublicDocument(upstreams)
  app.get('/openapi.json', async (_request, reply) => {
    const json = await publicDocument()
    return reply
      .type('application/json; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(json)
  })

  const page = { config: { setSecurityHeaders: setHeadersOfDocuments } }
  await app.register(fastifyStatic, { root: SWAGGER_UI, serve: false, maxAge: '1d' })
  app.get('/docs', page, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(PAGE),
  )
  app.get('/docs/start.js', page, async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').header('cache-control', 'no-cache').send(START),
  )
  for (const file of FILES)
    app.get(`/docs/${file}`, page, async (_request, reply) => reply.sendFile(file))
}
