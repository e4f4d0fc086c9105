import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { WorkQueue } from './work-queue.ts'

/** Work that runs until `finish` is called. */
function heldWork() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { work: () => promise, finish: resolve }
}

test('light work runs side by side, heavy work alone, all in the order of arrival', async () => {
  const queue = new WorkQueue({ capacity: 10, maxQueued: 10 })
  const started: string[] = []
  const held = new Map<string, () => void>()
  const enter = (name: string, weight: number) => {
    const { work, finish } = heldWork()
    held.set(name, finish)
    return queue.run(weight, () => {
      started.push(name)
      return work()
    })
  }
  const all = [enter('a', 5), enter('b', 5), enter('heavy', 99), enter('c', 5)]
  await setImmediate()
  expect(started).toEqual(['a', 'b'])
  held.get('a')?.()
  await setImmediate()
  expect(started).toEqual(['a', 'b'])
  held.get('b')?.()
  await setImmediate()
  expect(started).toEqual(['a', 'b', 'heavy'])
  held.get('heavy')?.()
  await setImmediate()
  expect(started).toEqual(['a', 'b', 'heavy', 'c'])
  held.get('c')?.()
  await Promise.all(all)
})

test('work that fails makes room for the next', async () => {
  const queue = new WorkQueue({ capacity: 1, maxQueued: 1 })
  await expect(queue.run(1, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await queue.run(1, async () => 'done')).toBe('done')
})

test('work beyond a full queue is SERVICE_UNAVAILABLE with Retry-After', async () => {
  const queue = new WorkQueue({ capacity: 1, maxQueued: 1 })
  const { work, finish } = heldWork()
  const accepted = [queue.run(1, work), queue.run(1, work)]
  await expect(queue.run(1, work)).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    retryAfterSeconds: 2,
  })
  finish()
  await Promise.all(accepted)
})
