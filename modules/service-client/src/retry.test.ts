import type { RequestListener } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import {
  type Callee,
  clientAt,
  closeCallees,
  errorOf,
  json,
  startCallee,
} from './callee-fixture.ts'
import { RetryBudget } from './retry-budget.ts'

afterEach(closeCallees)

const RETRY = { retry: { attempts: 3, waitMilliseconds: 1 } }

/** Answers the first requests with these, and every later one with 200. */
function startFailing(...first: RequestListener[]): Promise<Callee> {
  return startCallee((request, response) => (first.shift() ?? json(200, {}))(request, response))
}

const reset: RequestListener = (_request, response) => response.destroy()

test.each([
  ['502', json(502, {})],
  ['503', json(503, {})],
  ['504', json(504, {})],
  ['a reset connection', reset],
])('a read is repeated after %s', async (_case, failure) => {
  const { url, requests } = await startFailing(failure, failure)
  const client = clientAt(url, RETRY)
  expect(await client.get('/x')).toEqual({})
  expect(requests).toHaveLength(3)
  expect(client.figures.retries).toBe(2)
})

test('a read is repeated after a time-out', async () => {
  const { url, requests } = await startFailing(() => {})
  expect(await clientAt(url, { ...RETRY, readMilliseconds: 200 }).get('/x')).toEqual({})
  expect(requests).toHaveLength(2)
})

test.each([400, 401, 404, 409, 429, 500])('an answer of %s is never repeated', async (status) => {
  const { url, requests } = await startFailing(json(status, {}))
  expect(await errorOf(clientAt(url, RETRY).get('/x'))).toBeInstanceOf(Error)
  expect(requests).toHaveLength(1)
})

test('a POST is repeated with an Idempotency-Key only', async () => {
  const { url, requests } = await startFailing(json(503, {}))
  const client = clientAt(url, RETRY)
  expect(await errorOf(client.post('/x', {}))).toBeInstanceOf(Error)
  expect(requests).toHaveLength(1)

  const other = await startFailing(json(503, {}))
  expect(await clientAt(other.url, RETRY).post('/x', {}, { idempotencyKey: 'k1' })).toEqual({})
  expect(other.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['k1', 'k1'])
})

test('no more attempts are made than the class allows', async () => {
  const { url, requests } = await startCallee(json(503, {}))
  expect(await errorOf(clientAt(url, RETRY).get('/x'))).toMatchObject({ status: 503 })
  expect(requests).toHaveLength(3)
})

test('a retry waits for the callee’s Retry-After', async () => {
  const asked = await startFailing(json(503, {}, { 'retry-after': '1' }))
  const control = await startFailing(json(503, {}), json(503, {}))
  const order: string[] = []
  await Promise.all([
    clientAt(asked.url, RETRY)
      .get('/x')
      .then(() => order.push('with Retry-After')),
    clientAt(control.url, RETRY)
      .get('/x')
      .then(() => order.push('without')),
  ])
  expect(order).toEqual(['without', 'with Retry-After'])
})

test('a callee that asks for a longer pause than 5 s is not called again', async () => {
  const { url, requests } = await startFailing(json(503, {}, { 'retry-after': '6' }))
  expect(await errorOf(clientAt(url, RETRY).get('/x'))).toMatchObject({ retryAfterSeconds: 6 })
  expect(requests).toHaveLength(1)
})

test('retries stop at the budget: a reserve of ten and a tenth of the calls', async () => {
  const { url, requests } = await startCallee(json(503, {}))
  const client = clientAt(url, {
    ...RETRY,
    circuit: { ...RULE_THAT_NEVER_OPENS },
    rate: undefined,
  })
  for (let call = 0; call < 100; call += 1) await errorOf(client.get(`/x/${call}`))
  expect(requests.length).toBeGreaterThan(100)
  expect(requests.length).toBeLessThanOrEqual(100 + 10 + 10)
  expect(client.figures.retries).toBe(requests.length - 100)
  expect(client.figures.withheldRetries).toBeGreaterThan(0)
})

const RULE_THAT_NEVER_OPENS = {
  window: 1_000,
  minCalls: 1_000,
  failurePercent: 99,
  slowCallMilliseconds: 60_000,
  slowPercent: 99,
  openMilliseconds: 1,
  halfOpenCalls: 1,
}

test('a budget of 0 % allows no retry', () => {
  const budget = new RetryBudget(0)
  budget.recordCall()
  expect(budget.takeRetry()).toBe(false)
})
