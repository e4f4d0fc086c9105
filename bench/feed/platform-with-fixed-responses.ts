import { run } from '@dailyfeed/platform/run'
import { createFixedResponseServer } from '../fixed-response-server.ts'

/**
 * The product with one more HTTP server in its process, so that a page can be compared with the best
 * that the same process achieves.
 */
const app = await createFixedResponseServer()
process.stdout.write(`fixed responses: ${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
await run({ env: process.env, args: [], startedAt: performance.now() })
