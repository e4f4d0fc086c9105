import { RequestDeadline, runWithDeadline } from '@dailyfeed/concurrency/request-deadline'
import { EventEmitter } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { clientAt, closeCallees, errorOf, json, startCallee } from './callee-fixture.ts'
import { ServiceTimeoutError } from './service-errors.ts'

afterEach(closeCallees)

const pendingResponse = () => Object.assign(new EventEmitter(), { headersSent: false })

test('identical reads in flight share one call, and the next read is a new one', async () => {
  let answerAll = () => {}
  const { url, requests } = await startCallee((...both) => {
    answerAll = () => json(200, { n: requests.length })(...both)
  })
  const client = clientAt(url)
  const reads = ['t1', 't2', 't3'].map((traceparent) =>
    client.get('/x', { headers: { traceparent } }),
  )
  await expect.poll(() => requests.length).toBe(1)
  answerAll()
  expect(await Promise.all(reads)).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }])
  expect(client.figures.sharedReads).toBe(2)

  const next = client.get('/x')
  await expect.poll(() => requests.length).toBe(2)
  answerAll()
  expect(await next).toEqual({ n: 2 })
})

test('reads of other paths or with other headers share nothing', async () => {
  const { url, requests } = await startCallee(json(200, {}))
  const client = clientAt(url)
  await Promise.all([
    client.get('/x'),
    client.get('/y'),
    client.get('/x', { headers: { 'accept-language': 'ko' } }),
  ])
  expect(requests).toHaveLength(3)
})

test('the deadline of one caller ends its own wait, and not the read that others share', async () => {
  let answerAll = () => {}
  const { url, requests } = await startCallee((...both) => {
    answerAll = () => json(200, {})(...both)
  })
  const client = clientAt(url)
  const first = runWithDeadline(new RequestDeadline(30, pendingResponse()), () =>
    errorOf(client.get('/x')),
  )
  const second = client.get('/x')
  expect(await first).toBeInstanceOf(ServiceTimeoutError)
  await expect.poll(() => requests.length).toBe(1)
  answerAll()
  expect(await second).toEqual({})
  expect(requests).toHaveLength(1)
})

test('a read for which nobody waits any more is ended', async () => {
  let isClosed = false
  const { url, requests } = await startCallee((_request, response) => {
    response.once('close', () => {
      isClosed = true
    })
  })
  const client = clientAt(url)
  const reads = [50, 200].map((milliseconds) =>
    runWithDeadline(new RequestDeadline(milliseconds, pendingResponse()), () =>
      errorOf(client.get('/x')),
    ),
  )
  await expect.poll(() => requests.length).toBe(1)
  for (const error of await Promise.all(reads)) expect(error).toBeInstanceOf(ServiceTimeoutError)
  await expect.poll(() => isClosed).toBe(true)
  expect(client.inProgress).toBe(0)
})
