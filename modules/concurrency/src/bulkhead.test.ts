import { expect, test } from 'vitest'
import { Bulkhead, BulkheadFullError, KeyedBulkhead } from './bulkhead.ts'

const NEVER = 2 ** 31 - 1

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { task: () => promise, open: resolve }
}

test('tasks beyond the places wait, and start in the order of their arrival', async () => {
  const bulkhead = new Bulkhead({ places: 1, maxWaiting: 2, maxWait: NEVER })
  const first = gate()
  const started: string[] = []
  const run = (name: string, task: () => Promise<void>) =>
    bulkhead.run(() => {
      started.push(name)
      return task()
    })
  const tasks = [run('a', first.task), run('b', async () => {}), run('c', async () => {})]
  expect([started, bulkhead.running, bulkhead.waiting]).toEqual([['a'], 1, 2])
  first.open()
  await Promise.all(tasks)
  expect([started, bulkhead.running, bulkhead.waiting]).toEqual([['a', 'b', 'c'], 0, 0])
})

test('a task is refused where too many wait, and none of its work is started', async () => {
  const bulkhead = new Bulkhead({ places: 1, maxWaiting: 0, maxWait: NEVER })
  const first = gate()
  const running = bulkhead.run(first.task)
  let isStarted = false
  const refused = bulkhead.run(async () => {
    isStarted = true
  })
  await expect(refused).rejects.toThrow(BulkheadFullError)
  expect(isStarted).toBe(false)
  first.open()
  await running
  expect(await bulkhead.run(async () => 'admitted')).toBe('admitted')
})

test('a task that waits too long is refused, and leaves the place to the next', async () => {
  const bulkhead = new Bulkhead({ places: 1, maxWaiting: 1, maxWait: 1 })
  const first = gate()
  const running = bulkhead.run(first.task)
  await expect(bulkhead.run(async () => {})).rejects.toThrow(BulkheadFullError)
  expect(bulkhead.waiting).toBe(0)
  first.open()
  await running
  expect(bulkhead.running).toBe(0)
})

test('a task that fails gives its place back', async () => {
  const bulkhead = new Bulkhead({ places: 1, maxWaiting: 0, maxWait: NEVER })
  await expect(bulkhead.run(() => Promise.reject(new Error('boom')))).rejects.toThrow('boom')
  expect(bulkhead.running).toBe(0)
})

test('keys do not take the places of each other, and an idle key is not kept', async () => {
  const bulkhead = new KeyedBulkhead<string>({ places: 1, maxWaiting: 0, maxWait: NEVER })
  const first = gate()
  const running = bulkhead.run('a', first.task)
  await expect(bulkhead.run('a', async () => {})).rejects.toThrow(BulkheadFullError)
  expect(await bulkhead.run('b', async () => 'b')).toBe('b')
  expect(bulkhead.size).toBe(1)
  first.open()
  await running
  expect(bulkhead.size).toBe(0)
})
