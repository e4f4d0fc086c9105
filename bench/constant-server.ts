import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { createHttpServer } from '@dailyfeed/http-server/http-server'

export interface Page {
  body: string
  headers: Record<string, string>
}

/** The ceiling: our own HTTP server in a process of its own, which answers any request with the same page. */
export async function startConstantServer(page: Page): Promise<{ url: string; stop(): Promise<void> }> {
  const child: ChildProcess = spawn(process.execPath, ['--max-semi-space-size=4', import.meta.filename], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin?.end(JSON.stringify(page))
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`the constant server ended with ${code}`)))
  })
  return {
    url,
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
  const { body, headers } = JSON.parse(text) as Page
  const bytes = Buffer.from(body)
  const app = await createHttpServer({ service: 'constant', logLevel: 'silent', checkReady: async () => {} })
  app.get('/', { config: { access: 'PUBLIC' } }, async (_request, reply) => reply.header('content-type', headers['content-type']).send(bytes))
  process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
  process.once('SIGTERM', () => process.exit(0))
}
