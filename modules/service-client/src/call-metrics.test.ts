import { Registry } from 'prom-client'
import { afterEach, expect, test } from 'vitest'
import { registerCallMetrics } from './call-metrics.ts'
import { clientAt, closeCallees, errorOf, json, startCallee } from './callee-fixture.ts'

afterEach(closeCallees)

test('the figures of a client are metrics', async () => {
  let status = 200
  const { url } = await startCallee((...both) => json(status, {})(...both))
  const client = clientAt(url, { retry: { attempts: 2, waitMilliseconds: 1 } })
  const registry = new Registry()
  registerCallMetrics(registry, [client])
  await client.get('/x')
  status = 404
  await errorOf(client.get('/x'))
  status = 503
  for (let call = 0; call < 10; call += 1) await errorOf(client.get('/x'))
  const lines = (await registry.metrics()).split('\n')
  for (const line of [
    'service_client_circuit_state{target="content",purpose="calls"} 2',
    'service_client_calls_total{target="content",purpose="calls",outcome="OK"} 1',
    'service_client_calls_total{target="content",purpose="calls",outcome="REFUSED"} 1',
    'service_client_calls_in_progress{target="content",purpose="calls"} 0',
    'service_client_calls_queued{target="content",purpose="calls"} 0',
    'service_client_slow_calls_total{target="content",purpose="calls"} 0',
  ])
    expect(lines).toContain(line)
  expect(client.figures.retries).toBeGreaterThan(0)
  expect(client.figures.outcomes.get('CIRCUIT_OPEN')).toBeGreaterThan(0)
})
