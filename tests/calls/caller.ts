import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { registerServiceCalls } from '@dailyfeed/http-server/service-calls'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import { defaultRulesOf, HEALTH_CIRCUIT } from '@dailyfeed/service-client/call-classes'
import { createServiceClient } from '@dailyfeed/service-client/service-client'
import { ServiceCallError } from '@dailyfeed/service-client/service-errors'

/**
 * A process with one route that calls another service and one that does not: `node caller.ts CALLEE_URL READ_MS`, forked.
 * Its first message is its address; to every message that it receives it answers with its resident memory in bytes.
 */
const [calleeUrl = '', readMilliseconds] = process.argv.slice(2)
const calls = createServiceClient({
  service: 'content',
  baseUrl: calleeUrl,
  rules: { ...defaultRulesOf('content'), readMilliseconds: Number(readMilliseconds) },
  probes: { rule: HEALTH_CIRCUIT, everyMilliseconds: 200 },
})
const app = await createHttpServer({
  service: 'caller',
  log: createLog('caller', 'silent'),
})
registerServiceCalls(app, [calls])
const config = { access: 'PUBLIC' as const }

app.get('/through', { config }, async () => {
  try {
    return await calls.post('/work', {})
  } catch (error) {
    if (!(error instanceof ServiceCallError)) throw error
    throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 5, cause: error })
  }
})
app.get('/other', { config }, async () => ({ ok: true }))

process.on('message', () => process.send?.(process.memoryUsage().rss))
process.once('disconnect', () => process.exit(0))
process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }))
