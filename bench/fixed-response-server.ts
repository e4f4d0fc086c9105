import { setTimeout as sleep } from 'node:timers/promises'
import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import { createLog } from '@dailyfeed/http-server/log'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import { startServerProcess } from './server-process.ts'

export interface Page {
  body: string
  headers: Record<string, string>
}

const MAX_PAGES = 2

/**
 * The product's HTTP server, which answers with stored pages: the upper bound for routes that answer
 * with the same bytes. With `redisUrl`, it sends two consecutive commands to Redis before each
 * answer.
 */
export async function createFixedResponseServer(redisUrl?: string): Promise<HttpServer> {
  const redis = redisUrl === undefined ? undefined : openRedis(redisUrl)
  // Commands fail until the client is connected.
  while ((await redis?.get('one').catch(() => 'failed')) === 'failed') await sleep(10)
  const app = await createHttpServer({
    service: 'fixed-response',
    log: createLog('test', 'silent'),
  })
  const sent: { type: string; bytes: Buffer }[] = []
  app.put('/pages', { config: { access: 'PUBLIC' } }, async (request) => {
    const pages = request.body as Page[]
    for (const [number, { body, headers }] of pages.entries())
      sent[number] = { type: headers['content-type'] ?? '', bytes: Buffer.from(body) }
    return null
  })
  for (let number = 0; number < MAX_PAGES; number += 1)
    app.get(`/${number}`, { config: { access: 'PUBLIC' } }, async (_request, reply) => {
      const { type, bytes } = sent[number] as (typeof sent)[number]
      await redis?.get('one')
      await redis?.get('another')
      return reply.header('content-type', type).send(bytes)
    })
  return app
}

/** Stores at most two pages in a fixed-response server, and returns the address of each. */
export async function servePages(url: string, pages: readonly Page[]): Promise<string[]> {
  const { status } = await fetch(`${url}/pages`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(pages),
  })
  if (status !== 200) throw new Error(`the fixed-response server answered ${status}`)
  return pages.map((_, number) => `${url}/${number}`)
}

export interface FixedResponseServer {
  url: string
  stop(): Promise<void>
}

/** Starts the server in a separate process, with the V8 flags of the service it is compared with. */
export async function startFixedResponseServer(
  flags: readonly string[],
  redisUrl?: string,
): Promise<FixedResponseServer> {
  const { line, stop } = await startServerProcess(import.meta.filename, flags, redisUrl)
  return { url: line, stop }
}

if (import.meta.main) {
  const app = await createFixedResponseServer(process.argv[2] || undefined)
  process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
  process.once('SIGTERM', () => process.exit(0))
}
