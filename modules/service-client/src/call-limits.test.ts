import type { RequestListener } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { clientAt, closeCallees, errorOf, json, startCallee } from './callee-fixture.ts'
import { defaultRulesOf } from './call-classes.ts'
import { BulkheadFullError, RateLimitedError } from './service-errors.ts'

afterEach(closeCallees)

/** Answers only when `answerAll` is called. */
async function startHolding() {
  const held: (() => void)[] = []
  const listener: RequestListener = (...both) => void held.push(() => json(200, {})(...both))
  const callee = await startCallee(listener)
  return {
    ...callee,
    answerAll() {
      for (const answer of held.splice(0)) answer()
    },
  }
}

const BULKHEAD = { concurrent: 2, queued: 1, queueMilliseconds: 60_000 }

test('calls beyond the bulkhead wait, and those beyond its queue are not sent', async () => {
  const { url, requests, answerAll } = await startHolding()
  const client = clientAt(url, { bulkhead: BULKHEAD })
  const calls = [1, 2, 3].map(() => client.post('/x', {}))
  await expect.poll(() => requests.length).toBe(2)
  expect([client.inProgress, client.queued]).toEqual([2, 1])
  const error = await errorOf(client.post('/x', {}))
  expect(error).toBeInstanceOf(BulkheadFullError)
  expect(String(error)).toContain('2 calls may be in progress and 1 may wait')
  answerAll()
  await expect.poll(() => requests.length).toBe(3)
  answerAll()
  await Promise.all(calls)
  expect([client.inProgress, client.queued]).toEqual([0, 0])
})

test('a call that waits in the bulkhead for too long is not sent', async () => {
  const { url, requests, answerAll } = await startHolding()
  const client = clientAt(url, { bulkhead: { ...BULKHEAD, queueMilliseconds: 20 } })
  const calls = [1, 2].map(() => client.post('/x', {}))
  expect(await errorOf(client.post('/x', {}))).toBeInstanceOf(BulkheadFullError)
  await expect.poll(() => requests.length).toBe(2)
  answerAll()
  await Promise.all(calls)
  await expect.poll(() => client.queued).toBe(0)
  expect(requests).toHaveLength(2)
})

test('a stream keeps its place in the bulkhead until it ends', async () => {
  let finish = () => {}
  const { url } = await startCallee((_request, response) => {
    response.writeHead(200).write('first\n')
    finish = () => response.end()
  })
  const client = clientAt(url, { bulkhead: BULKHEAD })
  const stream = await client.postForStream('/x', {})
  expect(client.inProgress).toBe(1)
  finish()
  await stream.toArray()
  await expect.poll(() => client.inProgress).toBe(0)
})

const PERIOD = { calls: 2, periodMilliseconds: 500 }

test('calls beyond the outbound limit are not sent, and the next period admits calls again', async () => {
  const { url, requests } = await startCallee(json(200, {}))
  const client = clientAt(url, { rate: { ...PERIOD, waitMilliseconds: 0 } })
  await client.post('/x', {})
  await client.post('/x', {})
  const errors = await Promise.all([1, 2].map(() => errorOf(client.post('/x', {}))))
  for (const error of errors) expect(error).toBeInstanceOf(RateLimitedError)
  expect(requests).toHaveLength(2)
  expect(client.figures.outcomes.get('RATE_LIMITED')).toBe(2)
  expect(client.circuitStatus).toBe('CLOSED')
  await expect.poll(() => client.post('/x', {}).catch(() => undefined)).toEqual({})
})

test('a call may wait for the next period', async () => {
  const { url } = await startCallee(json(200, {}))
  const client = clientAt(url, { rate: { ...PERIOD, waitMilliseconds: 1_000 } })
  const calls = [1, 2, 3].map(() => client.post('/x', {}))
  expect(await Promise.all(calls)).toEqual([{}, {}, {}])
})

test('the limits of a class are those of the table', () => {
  expect(defaultRulesOf('member').rate).toEqual({
    calls: 200,
    periodMilliseconds: 1_000,
    waitMilliseconds: 100,
  })
})
