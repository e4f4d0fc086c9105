import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { testTokens } from '@dailyfeed/tests/tokens'
import type { Page } from '../fixed-response-server.ts'
import { startServerProcess } from '../server-process.ts'
import type { WrkTarget } from './wrk.ts'

export interface ConstantServer {
  target: WrkTarget
  stop(): Promise<void>
}

/**
 * The product's HTTP server with everything that a service has around a route (security headers,
 * request id, metrics, authentication, limits, log), whose only route answers members with the bytes
 * of one page.
 */
export async function startConstantServer(
  page: Page,
  flags: readonly string[],
): Promise<ConstantServer> {
  const { line, stop } = await startServerProcess(import.meta.filename, flags, JSON.stringify(page))
  const { url, authorization } = JSON.parse(line) as Started
  return { target: { url: `${url}/constant`, headers: { authorization } }, stop }
}

interface Started {
  url: string
  authorization: string
}

if (import.meta.main) {
  const { body, headers } = JSON.parse(process.argv[2] ?? '{}') as Page
  const type = headers['content-type'] ?? ''
  const bytes = Buffer.from(body)
  const { verifier, bearerOf } = await testTokens()
  const app = await createHttpServer({
    service: 'constant',
    log: createLog('constant', 'warn'),
    verifier,
  })
  app.get('/constant', (_request, reply) => {
    reply.header('content-type', type).send(bytes)
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const started: Started = { url, authorization: await bearerOf(1) }
  process.stdout.write(`${JSON.stringify(started)}\n`)
  process.once('SIGTERM', () => process.exit(0))
}
