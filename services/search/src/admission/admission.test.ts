import { DailyfeedError } from '@dailyfeed/contract/errors'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { SearchAdmission } from './admission.ts'

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { search: () => promise, open: resolve }
}

const refusalOf = (search: Promise<unknown>): Promise<unknown> =>
  search.then(
    () => 'admitted',
    (error) => (error instanceof DailyfeedError ? [error.code, error.retryAfterSeconds] : error),
  )

test('a member beyond two searches in flight waits, and is refused with 429; others are admitted', async () => {
  const admission = new SearchAdmission({ maxInFlight: 8, maxInFlightPerMember: 2 })
  const slow = gate()
  const running = [1, 2].map(() => admission.admit(1, slow.search))
  const waiting = Array.from({ length: 9 }, () => refusalOf(admission.admit(1, slow.search)))
  // Eight of them wait; the ninth is refused at once, the others when no search ends within the wait.
  expect(await waiting[8]).toEqual(['TOO_MANY_REQUEST', 1])
  expect(await refusalOf(admission.admit(2, async () => {}))).toBe('admitted')
  expect(await waiting[0]).toEqual(['TOO_MANY_REQUEST', 1])
  slow.open()
  await Promise.all(running)
  expect(await refusalOf(admission.admit(1, async () => {}))).toBe('admitted')
})

test('a process with all places taken refuses with 503, and its metrics say so', async () => {
  const admission = new SearchAdmission({ maxInFlight: 1, maxInFlightPerMember: 2 })
  const registry = new Registry()
  admission.registerMetrics(registry)
  const slow = gate()
  const running = admission.admit(1, slow.search)
  const waiting = [2, 3, 4, 5].map((id) => refusalOf(admission.admit(id, slow.search)))
  expect(await refusalOf(admission.admit(6, slow.search))).toEqual(['SERVICE_UNAVAILABLE', 1])
  const metrics = await registry.metrics()
  expect(metrics).toContain('search_in_flight 1')
  expect(metrics).toContain('search_waiting 4')
  expect(metrics).toContain('search_refused_total{by="process"} 1')
  slow.open()
  await running
  expect(await Promise.all(waiting)).toEqual(Array(4).fill('admitted'))
})
