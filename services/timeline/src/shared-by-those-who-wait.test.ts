import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { sharedByThoseWhoWait } from './shared-by-those-who-wait.ts'

/** A work that goes on until it is told to end, and fails the second time. */
function shared() {
  let begun = 0
  const running: (() => void)[] = []
  const ask = sharedByThoseWhoWait(async () => {
    const number = ++begun
    await new Promise<void>((resolve) => running.push(resolve))
    if (number === 2) throw new Error('the second fails')
    return number
  })
  const endOne = async () => {
    while (running.length === 0) await turnOfTheLoop()
    running.shift()?.()
  }
  return { ask, endOne, begun: () => begun }
}

test('those who ask in one turn of the event loop share what begins after it', async () => {
  const { ask, endOne, begun } = shared()
  const asked = [ask(), ask(), ask()]
  expect(begun()).toBe(0)
  await endOne()
  expect(await Promise.all(asked)).toEqual([1, 1, 1])
})

test('those who ask while one runs share the next one, and one that fails is not the end', async () => {
  const { ask, endOne, begun } = shared()
  const first = ask()
  while (begun() === 0) await turnOfTheLoop()
  const failures = [ask(), ask()].map((asked) => asked.catch((error: Error) => error.message))
  await endOne()
  expect(await first).toBe(1)
  while (begun() === 1) await turnOfTheLoop()
  const later = ask()
  await endOne()
  expect(await Promise.all(failures)).toEqual(['the second fails', 'the second fails'])
  await endOne()
  expect(await later).toBe(3)
  expect(begun()).toBe(3)
})
