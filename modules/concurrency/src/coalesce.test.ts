import { expect, test } from 'vitest'
import { coalesce } from './coalesce.ts'
import { yieldToEventLoop } from './yield-to-event-loop.ts'

/** Coalesced work whose runs end one by one when the test says so; the second run fails. */
function coalescedWork() {
  let started = 0
  const running: (() => void)[] = []
  const ask = coalesce(async () => {
    const run = ++started
    await new Promise<void>((resolve) => running.push(resolve))
    if (run === 2) throw new Error('the second run fails')
    return run
  })
  const endOne = async () => {
    while (running.length === 0) await yieldToEventLoop()
    running.shift()?.()
  }
  return { ask, endOne, started: () => started }
}

test('calls of one turn of the event loop share the run that starts after it', async () => {
  const { ask, endOne, started } = coalescedWork()
  const calls = [ask(), ask(), ask()]
  expect(started()).toBe(0)
  await endOne()
  expect(await Promise.all(calls)).toEqual([1, 1, 1])
})

test('calls during a run share the next run, and a failed run does not stop later ones', async () => {
  const { ask, endOne, started } = coalescedWork()
  const first = ask()
  while (started() === 0) await yieldToEventLoop()
  const failures = [ask(), ask()].map((call) => call.catch((error: Error) => error.message))
  await endOne()
  expect(await first).toBe(1)
  while (started() === 1) await yieldToEventLoop()
  const later = ask()
  await endOne()
  expect(await Promise.all(failures)).toEqual(['the second run fails', 'the second run fails'])
  await endOne()
  expect(await later).toBe(3)
  expect(started()).toBe(3)
})
