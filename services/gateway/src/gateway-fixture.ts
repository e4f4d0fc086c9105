import { connect } from 'node:net'
import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import { clientOf } from '@dailyfeed/http-server/client-address'
import { renderErrors } from '@dailyfeed/http-server/error-handler'
import type { RunningService } from '@dailyfeed/http-server/running-service'
import { internalCallers } from '@dailyfeed/http-server/internal-access'
import Fastify, { type FastifyInstance } from 'fastify'
import { readGatewayConfigOrThrow } from './config.ts'
import { startGatewayService } from './gateway-service.ts'
import { type ServicesInProcess, UPSTREAM_NAMES } from './upstreams.ts'

export const GATEWAY_TOKEN = 'gateway-credential-of-at-least-32-characters'
const DEAD_PORT = 1

export interface Upstream {
  app: FastifyInstance
  url: string
}

/** A small real server in place of a service: it answers with the request that it received. */
export async function startUpstream(
  name: string,
  add: (app: FastifyInstance) => void = () => {},
): Promise<Upstream> {
  const app = Fastify({ forceCloseConnections: true })
  renderErrors(app)
  app.decorateRequest('traceId', '')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: 1024 * 1024 },
    async (_request: unknown, body: Buffer) => body,
  )
  app.decorate('internalCallers', internalCallers(`gateway:${hashOfToken(GATEWAY_TOKEN)}`))
  add(app)
  if (!app.hasRoute({ method: 'GET', url: '/healthz/ready' }))
    app.get('/healthz/ready', async () => 'ready')
  app.route({
    method: ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'],
    url: '/*',
    handler: async (request) => ({
      name,
      method: request.method,
      url: request.raw.url,
      headers: request.headers,
      client: clientOf(request),
      body:
        request.body instanceof Buffer && request.body.length > 0
          ? request.body.toString('base64')
          : null,
    }),
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, url }
}

/** A gateway whose services are unreachable, except for those given by `<NAME>_URL`. */
export async function startGateway(
  settings: Record<string, string> = {},
  inProcess: ServicesInProcess = {},
): Promise<RunningService> {
  const urls = Object.fromEntries(
    UPSTREAM_NAMES.map((name) => [`${name.toUpperCase()}_URL`, `http://127.0.0.1:${DEAD_PORT}`]),
  )
  const config = readGatewayConfigOrThrow({
    ...urls,
    INTERNAL_TOKEN: GATEWAY_TOKEN,
    LOG_LEVEL: 'silent',
    WEB_DIR: '/nowhere',
    ...settings,
  })
  return startGatewayService({ ...config, PORT: 0 }, inProcess)
}

/** Bytes as they are on the wire, for what `fetch` would never send. Resolves with all that came until the server ended it. */
export function sendRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    let answer = ''
    socket.setEncoding('latin1')
    socket.on('data', (text) => {
      answer += text
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}
