import Fastify from 'fastify'
import type { Page } from '../fixed-response-server.ts'
import { type ServerProcess, startServerProcess } from '../server-process.ts'

/**
 * The ceiling: a Fastify without hooks, options or V8 flags that answers GET / with the bytes of one page, in
 * a process of its own.
 */
export const startBareServer = ({ body, headers }: Page): Promise<ServerProcess> => {
  const constant: Constant = { body, type: headers['content-type'] ?? '' }
  return startServerProcess(import.meta.filename, [], JSON.stringify(constant))
}

interface Constant {
  body: string
  type: string
}

if (import.meta.main) {
  const { body, type } = JSON.parse(process.argv[2] ?? '{}') as Constant
  const bytes = Buffer.from(body)
  const app = Fastify()
  app.get('/', (_request, reply) => {
    reply.header('content-type', type).send(bytes)
  })
  process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
  process.once('SIGTERM', () => process.exit(0))
}
