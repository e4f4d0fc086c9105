import { EventEmitter } from 'node:events'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  currentDeadline,
  RequestDeadline,
  runWithDeadline,
  withoutDeadline,
} from './request-deadline.ts'

const newResponse = () => Object.assign(new EventEmitter(), { headersSent: false })

test('everything that a request starts runs within its deadline', async () => {
  const deadline = new RequestDeadline(60_000, newResponse())
  await runWithDeadline(deadline, async () => {
    await setImmediate()
    expect(currentDeadline()).toBe(deadline)
    expect(deadline.remaining).toBeLessThanOrEqual(60_000)
    expect(withoutDeadline(currentDeadline)).toBeUndefined()
  })
  expect(currentDeadline()).toBeUndefined()
})

test('a request whose answer has begun has no deadline any more', () => {
  const response = newResponse()
  const deadline = new RequestDeadline(60_000, response)
  runWithDeadline(deadline, () => {
    response.headersSent = true
    expect(currentDeadline()).toBeUndefined()
  })
})

test('registered work is stopped when the deadline passes, and not after the answer', async () => {
  const stopped: string[] = []
  const late = new RequestDeadline(5, newResponse())
  late.onPassed(() => stopped.push('first'))
  late.onPassed(() => stopped.push('second'))
  const closed = newResponse()
  const answered = new RequestDeadline(5, closed)
  answered.onPassed(() => stopped.push('answered'))
  closed.headersSent = true
  closed.emit('close')
  await expect.poll(() => stopped).toEqual(['first', 'second'])
  await sleep(10)
  expect(stopped).toEqual(['first', 'second'])
})

test('a caller that disconnects before the answer leaves its work to the deadline', async () => {
  const stopped: string[] = []
  const response = newResponse()
  new RequestDeadline(5, response).onPassed(() => stopped.push('work'))
  response.emit('close')
  await expect.poll(() => stopped).toEqual(['work'])
})
