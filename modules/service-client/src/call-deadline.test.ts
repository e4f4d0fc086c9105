import { EventEmitter } from 'node:events'
import { RequestDeadline, runWithDeadline } from '@dailyfeed/concurrency/request-deadline'
import { DEADLINE } from '@dailyfeed/contract/headers'
import { afterEach, expect, test } from 'vitest'
import { clientAt, closeCallees, errorOf, json, startCallee } from './callee-fixture.ts'
import { ServiceTimeoutError } from './service-errors.ts'

afterEach(closeCallees)

/** Runs `work` as a request that has so many milliseconds left. */
const within = <Outcome>(milliseconds: number, work: () => Outcome): Outcome =>
  runWithDeadline(
    new RequestDeadline(milliseconds, Object.assign(new EventEmitter(), { headersSent: false })),
    work,
  )

test('a call passes on what is left of its request, and without one its own time limit', async () => {
  const { url, requests } = await startCallee(json(200, {}))
  const client = clientAt(url, { readMilliseconds: 10_000 })
  await within(3_000, () => client.post('/x', {}))
  await client.post('/x', {})
  await within(60_000, () => client.post('/x', {}))
  const [left, own, capped] = requests.map(({ headers }) => Number(headers[DEADLINE]))
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThanOrEqual(3_000)
  expect([own, capped]).toEqual([10_000, 10_000])
})

test('a call ends with the deadline of its request', async () => {
  const { url } = await startCallee(() => {})
  const client = clientAt(url)
  expect(await within(50, () => errorOf(client.post('/x', {})))).toBeInstanceOf(ServiceTimeoutError)
  expect(client.circuitStatus).toBe('CLOSED')
})

test('a request whose deadline has passed calls nobody', async () => {
  const { url, requests } = await startCallee(json(200, {}))
  const client = clientAt(url)
  expect(await within(0, () => errorOf(client.post('/x', {})))).toBeInstanceOf(ServiceTimeoutError)
  await client.post('/y', {})
  expect(requests.map(({ path }) => path)).toEqual(['/y'])
})

test('short deadlines do not open the circuit of a callee that may take longer', async () => {
  const { url } = await startCallee(() => {})
  const client = clientAt(url)
  for (let call = 0; call < 20; call += 1) await within(5, () => errorOf(client.post('/x', {})))
  expect(client.circuitStatus).toBe('CLOSED')
})

test('a retry that would begin after the deadline is not made', async () => {
  const { url, requests } = await startCallee(json(503, {}))
  const client = clientAt(url, { retry: { attempts: 3, waitMilliseconds: 60_000 } })
  const call = () => errorOf(client.post('/x', {}, { idempotencyKey: 'k1' }))
  expect(await within(5_000, call)).toMatchObject({ status: 503 })
  expect(requests).toHaveLength(1)
})
