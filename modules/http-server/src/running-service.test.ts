import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import { createLog } from './log.ts'
import { listen } from './running-service.ts'

test('a kept connection that was busy when the service began to stop does not hold it', async () => {
  const app = await createHttpServer({
    service: 'any',
    log: createLog('test', 'silent'),
    checkReady: async () => {},
  })
  // Refused at the door, before its body has come.
  app.post('/internal/refused', { config: { access: 'INTERNAL' } }, async () => ({}))
  const service = await listen({ name: 'any', app, host: '127.0.0.1', port: 0 })
  const client = connect(Number(new URL(service.url).port), '127.0.0.1')
  client.write(
    'POST /internal/refused HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n12345',
  )
  await once(client, 'data')
  const before = Date.now()
  const closed = service.close()
  await wait(50)
  client.write('67890')
  await closed
  expect(Date.now() - before).toBeLessThan(2_000)
})
