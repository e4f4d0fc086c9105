import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { backoff } from './backoff.ts'
import { withDeadline } from './deadline.ts'
import { KeyedMutex } from './keyed-mutex.ts'
import { singleFlight } from './single-flight.ts'
import { WakeableSleep } from './wakeable-sleep.ts'

/** A promise that the test settles. */
const deferred = <Value>() => Promise.withResolvers<Value>()

test('a backoff doubles with each failure, stays below its maximum, and varies by half', () => {
  const options = { first: 100, max: 1_000 }
  for (const [failures, longest] of [
    [1, 100],
    [2, 200],
    [4, 800],
    [5, 1_000],
    [60, 1_000],
  ] as const) {
    const delays = Array.from({ length: 200 }, () => backoff(failures, options))
    expect(Math.max(...delays)).toBeLessThanOrEqual(longest)
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(longest / 2)
    expect(new Set(delays).size).toBeGreaterThan(1)
  }
})

test('a deadline passes an outcome on, and fails with its own error when the work is late', async () => {
  const late = () => new Error('late')
  await expect(withDeadline(Promise.resolve(1), 60_000, late)).resolves.toBe(1)
  await expect(withDeadline(Promise.reject(new Error('failed')), 60_000, late)).rejects.toThrow(
    'failed',
  )
  await expect(withDeadline(new Promise(() => {}), 1, late)).rejects.toThrow('late')
})

test('calls during a single flight share its outcome; the next call runs again', async () => {
  const runs: PromiseWithResolvers<number>[] = []
  const ask = singleFlight(() => {
    const run = deferred<number>()
    runs.push(run)
    return run.promise
  })
  const [first, second] = [ask(), ask()]
  expect(runs).toHaveLength(1)
  runs[0]?.resolve(7)
  expect(await Promise.all([first, second])).toEqual([7, 7])
  const third = ask()
  expect(runs).toHaveLength(2)
  runs[1]?.reject(new Error('failed'))
  await expect(third).rejects.toThrow('failed')
  void ask().catch(() => {})
  expect(runs).toHaveLength(3)
})

test('a wake-up ends a sleep, also one that came between polling and sleeping', async () => {
  const sleeps = new WakeableSleep()
  const seen = sleeps.wakeups
  const woken = sleeps.untilWoken(3_600_000, seen)
  sleeps.wake()
  await woken
  await sleeps.untilWoken(3_600_000, seen)
})

test('a wake-up does not end a sleep until stopped, and stopping ends all sleeps', async () => {
  const sleeps = new WakeableSleep()
  let ended = false
  const sleeping = sleeps.untilStopped(3_600_000).then(() => {
    ended = true
  })
  sleeps.wake()
  await sleep(1)
  expect(ended).toBe(false)
  sleeps.stop()
  await sleeping
  expect(ended).toBe(true)
  await sleeps.untilWoken(3_600_000, sleeps.wakeups)
})

test('tasks of one key run in order, tasks of other keys beside them, failed ones included', async () => {
  const mutex = new KeyedMutex()
  const order: string[] = []
  const gate = deferred<void>()
  const first = mutex.run('a', async () => {
    order.push('a1 begins')
    await gate.promise
    order.push('a1 ends')
    throw new Error('failed')
  })
  const second = mutex.run('a', async () => void order.push('a2'))
  await mutex.run('b', async () => void order.push('b1'))
  expect(order).toEqual(['a1 begins', 'b1'])
  gate.resolve()
  await expect(first).rejects.toThrow('failed')
  await second
  expect(order).toEqual(['a1 begins', 'b1', 'a1 ends', 'a2'])
  await mutex.run('a', async () => {})
  await sleep(0)
  expect(mutex.size).toBe(0)
})
