import { run } from '@dailyfeed/platform/run'
import { constantServer } from '../constant-server.ts'

/** The product, and in its process one HTTP server more: a page may be compared with what that process itself sends at best. */
const app = await constantServer()
process.stdout.write(`constant: ${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
await run({ env: process.env, args: [], startedAt: performance.now() })
