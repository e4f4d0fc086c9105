import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHttpServer } from '@dailyfeed/http-server/http-server'
import { openRedis } from '@dailyfeed/redis-support/redis-client'

interface Page {
  body: string
  headers: Record<string, string>
}

interface ConstantServerOptions {
  pages: readonly Page[]
  /** Asked twice, one question after the other, before each answer. */
  redisUrl?: string
  /** Of Node: those of the service that is measured against it. */
  flags: readonly string[]
}

export interface ConstantServer {
  /** Of each page. */
  urls: string[]
  stop(): Promise<void>
}

/** The ceiling: our own HTTP server in a process of its own, which sends each page as it is. */
export async function startConstantServer({ flags, ...options }: ConstantServerOptions): Promise<ConstantServer> {
  const child: ChildProcess = spawn(process.execPath, [...flags, import.meta.filename], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin?.end(JSON.stringify(options))
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`the constant server ended with ${code}`)))
  })
  return {
    urls: options.pages.map((_, number) => `${url}/${number}`),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

if (import.meta.main) {
  let text = ''
  for await (const chunk of process.stdin) text += chunk
  const { pages, redisUrl } = JSON.parse(text) as Omit<ConstantServerOptions, 'flags'>
  const redis = redisUrl === undefined ? undefined : openRedis(redisUrl)
  const app = await createHttpServer({ service: 'constant', logLevel: 'silent', checkReady: async () => {} })
  for (const [number, { body, headers }] of pages.entries()) {
    const bytes = Buffer.from(body)
    app.get(`/${number}`, { config: { access: 'PUBLIC' } }, async (_request, reply) => {
      await redis?.get('one')
      await redis?.get('another')
      return reply.header('content-type', headers['content-type']).send(bytes)
    })
  }
  // Commands fail until it is connected.
  while ((await redis?.get('one').catch(() => 'away')) === 'away') await sleep(10)
  process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
  process.once('SIGTERM', () => process.exit(0))
}
