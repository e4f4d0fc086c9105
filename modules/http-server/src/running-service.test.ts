import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import { createLog } from './log.ts'
import { listen } from './running-service.ts'

test('a connection that was busy when closing began does not delay it', async () => {
  const app = await createHttpServer({
    service: 'any',
    log: createLog('test', 'silent'),
  })
  // Refused before its body has arrived.
  app.post('/internal/refused', { config: { access: 'INTERNAL' } }, async () => ({}))
  const service = await listen({ name: 'any', app, config: { HOST: '127.0.0.1', PORT: 0 } })
  const client = connect(Number(new URL(service.url).port), '127.0.0.1')
  client.write(
    'POST /internal/refused HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n12345',
  )
  await once(client, 'data')
  const closed = service.close()
  await expect.poll(() => app.server.listening, { timeout: 60_000 }).toBe(false)
  client.write('67890')
  // Without the sweep, closing would wait for the keep-alive limit of 72 s, longer than the test's own limit.
  await closed
})

test('a connection on which nothing has arrived does not delay closing', async () => {
  const app = await createHttpServer({
    service: 'any',
    log: createLog('test', 'silent'),
  })
  const service = await listen({ name: 'any', app, config: { HOST: '127.0.0.1', PORT: 0 } })
  const client = connect(Number(new URL(service.url).port), '127.0.0.1')
  await once(app.server, 'connection')
  const ended = once(client.resume(), 'close')
  // Without the sweep, closing would wait for the client.
  await service.close()
  await ended
})
