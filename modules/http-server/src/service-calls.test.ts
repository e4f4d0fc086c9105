import { CallFigures } from '@dailyfeed/service-client/call-figures'
import { expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import { createLog } from './log.ts'
import { registerServiceCalls } from './service-calls.ts'

test('readiness names each client with its circuit, and an open one does not make it unready', async () => {
  const app = await createHttpServer({ service: 'test', log: createLog('test', 'silent') })
  const client = { purpose: 'calls', figures: new CallFigures(), inProgress: 2, queued: 1 }
  registerServiceCalls(app, [
    { ...client, service: 'image', circuitStatus: 'OPEN' },
    { ...client, service: 'activity', circuitStatus: 'CLOSED' },
  ])
  const { statusCode, body } = await app.inject({ url: '/healthz/ready' })
  const detail = '2 calls in progress, 1 queued'
  expect(statusCode).toBe(200)
  expect(JSON.parse(body).components).toEqual({
    'calls.image': { state: 'DOWN', circuit: 'OPEN', required: false, detail },
    'calls.activity': { state: 'UP', circuit: 'CLOSED', required: false, detail },
  })
  await app.close()
})
