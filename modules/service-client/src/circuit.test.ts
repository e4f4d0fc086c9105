import { EventEmitter } from 'node:events'
import { RequestDeadline, runWithDeadline } from '@dailyfeed/concurrency/request-deadline'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CircuitRule } from './call-classes.ts'
import { clientAt, closeCallees, errorOf, json, startCallee } from './callee-fixture.ts'
import { Circuit, CircuitRefusal, type CircuitStatus, type Verdict } from './circuit.ts'
import { CircuitOpenError } from './service-errors.ts'

const RULE: CircuitRule = {
  window: 10,
  minCalls: 5,
  failurePercent: 40,
  slowCallMilliseconds: 3_000,
  slowPercent: 70,
  openMilliseconds: 30_000,
  halfOpenCalls: 3,
}

/** Runs calls that end with these verdicts, one after the other. */
async function runAll(circuit: Circuit, ...verdicts: Verdict[]): Promise<void> {
  for (const verdict of verdicts)
    await circuit.run(
      async () => {},
      () => verdict,
    )
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(async () => {
  vi.useRealTimers()
  await closeCallees()
})

test('a circuit opens at its share of failed calls, and not below its minimum of calls', async () => {
  const circuit = new Circuit({ rule: RULE })
  await runAll(circuit, 'FAILED', 'FAILED', 'FAILED', 'FAILED')
  expect(circuit.status).toBe('CLOSED')
  await runAll(circuit, 'FAILED')
  expect(circuit.status).toBe('OPEN')

  const atShare = new Circuit({ rule: RULE })
  await runAll(atShare, 'GOOD', 'GOOD', 'GOOD', 'FAILED', 'FAILED')
  expect(atShare.status).toBe('OPEN')

  const below = new Circuit({ rule: RULE })
  await runAll(below, 'GOOD', 'GOOD', 'GOOD', 'GOOD', 'FAILED', 'GOOD', 'FAILED', 'GOOD', 'FAILED')
  expect(below.status).toBe('CLOSED')
})

test('a circuit opens at its share of slow calls, although all of them succeed', async () => {
  const circuit = new Circuit({ rule: RULE })
  await runAll(circuit, 'SLOW', 'SLOW', 'GOOD', 'GOOD', 'SLOW', 'SLOW')
  expect(circuit.status, '4 of 6').toBe('CLOSED')
  await runAll(circuit, 'SLOW')
  expect(circuit.status, '5 of 7').toBe('OPEN')
})

test('only the latest calls count: failures leave the window', async () => {
  const circuit = new Circuit({ rule: RULE })
  await runAll(circuit, 'GOOD', 'GOOD', 'GOOD', 'GOOD', 'FAILED')
  await runAll(circuit, ...Array<Verdict>(10).fill('GOOD'))
  await runAll(circuit, 'FAILED', 'FAILED', 'FAILED')
  expect(circuit.status).toBe('CLOSED')
  await runAll(circuit, 'FAILED')
  expect(circuit.status).toBe('OPEN')
})

test('an unknown verdict is not counted', async () => {
  const circuit = new Circuit({ rule: RULE })
  await runAll(circuit, ...Array<Verdict>(50).fill('UNKNOWN'))
  await runAll(circuit, 'FAILED', 'FAILED', 'FAILED', 'FAILED')
  expect(circuit.status).toBe('CLOSED')
})

async function openCircuit(changes: CircuitStatus[] = []): Promise<Circuit> {
  const circuit = new Circuit({ rule: RULE, onChange: (status) => changes.push(status) })
  await runAll(circuit, ...Array<Verdict>(5).fill('FAILED'))
  return circuit
}

test('an open circuit refuses calls for its time, then its calls on trial close it', async () => {
  const changes: CircuitStatus[] = []
  const circuit = await openCircuit(changes)
  vi.advanceTimersByTime(29_999)
  await expect(runAll(circuit, 'GOOD')).rejects.toBeInstanceOf(CircuitRefusal)
  vi.advanceTimersByTime(1)
  await runAll(circuit, 'GOOD', 'GOOD', 'GOOD')
  expect(changes).toEqual(['OPEN', 'HALF_OPEN', 'CLOSED'])
  await runAll(circuit, 'FAILED', 'FAILED', 'FAILED')
  expect(circuit.status, 'the window begins anew').toBe('CLOSED')
})

test.each<[Verdict, string]>([
  ['FAILED', 'failed'],
  ['SLOW', 'slow'],
  ['UNKNOWN', 'unknown'],
])('calls on trial that are %s open the circuit again', async (verdict) => {
  const circuit = await openCircuit()
  vi.advanceTimersByTime(30_000)
  await runAll(circuit, 'GOOD', verdict, verdict)
  expect(circuit.status).toBe('OPEN')
  await expect(runAll(circuit, 'GOOD')).rejects.toBeInstanceOf(CircuitRefusal)
})

test('while calls on trial are in progress, further ones are refused and do not wait', async () => {
  const circuit = await openCircuit()
  vi.advanceTimersByTime(30_000)
  const { promise, resolve } = Promise.withResolvers<void>()
  const trials = [1, 2, 3].map(() =>
    circuit.run(
      () => promise,
      () => 'GOOD',
    ),
  )
  await expect(runAll(circuit, 'GOOD')).rejects.toBeInstanceOf(CircuitRefusal)
  resolve()
  await Promise.all(trials)
  expect(circuit.status).toBe('CLOSED')
})

test('close() closes an open circuit at once', async () => {
  const circuit = await openCircuit()
  circuit.close()
  expect(circuit.status).toBe('CLOSED')
  await runAll(circuit, 'GOOD', 'FAILED', 'FAILED')
  expect(circuit.status, 'the window begins anew').toBe('CLOSED')
})

test('a client whose callee fails opens its circuit and names when it calls again', async () => {
  const { url, requests } = await startCallee(json(500, {}))
  const client = clientAt(url)
  for (let call = 0; call < 10; call += 1) await errorOf(client.post('/x', {}))
  const error = await errorOf(client.post('/x', {}))
  expect(error).toBeInstanceOf(CircuitOpenError)
  expect(String(error)).toContain(
    'circuit open for content after 50 % of its latest calls failed or 80 % were slow; next call in at most 60 s',
  )
  expect(requests).toHaveLength(10)
  expect(client.figures.outcomes.get('CIRCUIT_OPEN')).toBe(1)
})

test('an outage is logged once, however often trial calls fail, and so is its end', async () => {
  let status = 500
  const { url } = await startCallee((...both) => json(status, {})(...both))
  const lines: string[] = []
  const add = (_fields: object, message: string) => void lines.push(message)
  const client = clientAt(url, {}, { log: { warn: add, info: add } })
  for (let call = 0; call < 10; call += 1) await errorOf(client.post('/x', {}))
  for (let trial = 0; trial < 20; trial += 1) {
    vi.advanceTimersByTime(60_000)
    await errorOf(client.post('/x', {}))
  }
  status = 200
  vi.advanceTimersByTime(60_000)
  for (let call = 0; call < 10; call += 1) await errorOf(client.post('/x', {}))
  expect(lines).toEqual([
    'circuit open for content; next call in at most 60 s',
    'circuit closed for content; calls are sent again',
  ])
})

test('a callee that stops answering opens the circuit, also where deadlines end the calls', async () => {
  const { url } = await startCallee(() => {})
  const client = clientAt(url, { readMilliseconds: 2_000 })
  const ask = () =>
    runWithDeadline(
      new RequestDeadline(1_800, Object.assign(new EventEmitter(), { headersSent: false })),
      () => errorOf(client.post('/x', {})),
    )
  await Promise.all(Array.from({ length: 12 }, ask))
  expect(client.circuitStatus).toBe('OPEN')
})

test.each([
  [404, 'POST_NOT_FOUND'],
  [401, 'INVALID_TOKEN'],
  [429, 'TOO_MANY_REQUEST'],
  [503, 'KAFKA_NETWORK_ERROR'],
])('answers of %s %s never open the circuit', async (status, code) => {
  const { url, requests } = await startCallee(json(status, { code }))
  const client = clientAt(url)
  for (let call = 0; call < 15; call += 1) await errorOf(client.post('/x', {}))
  expect(requests).toHaveLength(15)
  expect(client.circuitStatus).toBe('CLOSED')
})

test('slow calls open the circuit, except for calls that may take long by their nature', async () => {
  const { url } = await startCallee((...both) => void setTimeout(() => json(200, {})(...both), 20))
  const circuit = { ...RULE, slowCallMilliseconds: 10 }
  const client = clientAt(url, { circuit })
  for (let call = 0; call < 6; call += 1)
    await client.post('/x', {}, { readTimeoutMilliseconds: 60_000 })
  expect(client.figures.slowCalls).toBe(0)
  for (let call = 0; call < 5; call += 1) await client.post('/x', {})
  expect(client.circuitStatus).toBe('CLOSED')
  for (let call = 0; call < 9; call += 1) await errorOf(client.post('/x', {}))
  expect(client.circuitStatus).toBe('OPEN')
})

test('probes that succeed close the circuit before its time, and a callee that stays away keeps it open', async () => {
  let isReady = false
  let probes = 0
  const { url } = await startCallee((request, response) => {
    if (request.url === '/healthz/ready') probes += 1
    return json(isReady ? 200 : 503, {})(request, response)
  })
  const probing = { rule: { ...RULE, minCalls: 3, openMilliseconds: 1 }, everyMilliseconds: 5 }
  const client = clientAt(url, {}, { probes: probing })
  for (let call = 0; call < 10; call += 1) await errorOf(client.post('/x', {}))
  expect(client.circuitStatus).toBe('OPEN')
  vi.useRealTimers()
  await expect.poll(() => probes, { timeout: 60_000 }).toBeGreaterThan(3)
  expect(client.circuitStatus).toBe('OPEN')
  isReady = true
  await expect.poll(() => client.circuitStatus, { timeout: 60_000 }).toBe('CLOSED')
  expect(await client.post('/x', {})).toEqual({})
})
