import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { clientAt, closeCallees, errorOf, json, startCallee } from './callee-fixture.ts'
import {
  CallAbortedError,
  RateLimitedError,
  ServiceDependencyError,
  ServiceRefusedError,
  ServiceTimeoutError,
  UNAVAILABLE_ERRORS,
  UnauthorizedError,
} from './service-errors.ts'

const { ContentServiceUnavailableError, MemberServiceUnavailableError } = UNAVAILABLE_ERRORS

afterEach(closeCallees)

test('a call posts JSON with the credential and returns the parsed answer', async () => {
  const { url } = await startCallee((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () =>
      json(200, {
        method: request.method,
        url: request.url,
        token: request.headers['x-internal-token'],
        trace: request.headers['traceparent'],
        body,
      })(request, response),
    )
  })
  expect(
    await clientAt(url).post('/internal/x', { a: 1 }, { headers: { traceparent: 't' } }),
  ).toMatchObject({
    method: 'POST',
    url: '/internal/x',
    token: 'secret',
    trace: 't',
    body: '{"a":1}',
  })
  expect(await clientAt(url).postJson('/internal/x', '[2]')).toMatchObject({ body: '[2]' })
})

test('a client without a credential sends none', async () => {
  const { url, requests } = await startCallee(json(200, {}))
  await clientAt(url, {}, { internalToken: undefined }).get('/x')
  expect(requests[0]?.headers).not.toHaveProperty('x-internal-token')
})

test('an answer with 4xx is a refusal with status and code', async () => {
  const { url } = await startCallee(json(409, { code: 'SOME_CODE' }))
  const error = await errorOf(clientAt(url).post('/x', {}))
  expect(error).toBeInstanceOf(ServiceRefusedError)
  expect(error).toMatchObject({ service: 'content', status: 409, code: 'SOME_CODE' })
})

test('401 is an UnauthorizedError with the two token headers', async () => {
  let headers: Record<string, string> = { 'x-token-refresh-needed': 'true' }
  const { url } = await startCallee((...both) => json(401, {}, headers)(...both))
  const client = clientAt(url)
  const refresh = await errorOf(client.post('/x', {}))
  expect(refresh).toBeInstanceOf(UnauthorizedError)
  expect(refresh).toMatchObject({ isTokenRefreshNeeded: true, isReloginRequired: false })
  headers = { 'x-relogin-required': 'true' }
  expect(await errorOf(client.post('/x', {}))).toMatchObject({
    isTokenRefreshNeeded: false,
    isReloginRequired: true,
  })
})

test('429 is a RateLimitedError with the seconds of Retry-After', async () => {
  const { url } = await startCallee(json(429, {}, { 'retry-after': '7' }))
  const error = await errorOf(clientAt(url).post('/x', {}))
  expect(error).toBeInstanceOf(RateLimitedError)
  expect(error).toMatchObject({ retryAfterSeconds: 7 })
})

test('an answer with 5xx is the unavailable error of that service', async () => {
  const { url } = await startCallee(json(503, { code: 'SERVICE_UNAVAILABLE' }))
  const error = await errorOf(clientAt(url).post('/x', {}))
  expect(error).toBeInstanceOf(ContentServiceUnavailableError)
  expect(error).not.toBeInstanceOf(MemberServiceUnavailableError)
  expect(error).toMatchObject({ name: 'ContentServiceUnavailableError', status: 503 })
})

test('5xx with the code of a condition that the callee recognised is a ServiceDependencyError', async () => {
  const { url } = await startCallee(json(503, { code: 'KAFKA_NETWORK_ERROR' }))
  const error = await errorOf(clientAt(url).post('/x', {}))
  expect(error).toBeInstanceOf(ServiceDependencyError)
  expect(error).toMatchObject({ code: 'KAFKA_NETWORK_ERROR' })
})

test('text that is not JSON, as failure or answer, is an unavailable service', async () => {
  let status = 502
  const { url } = await startCallee((_request, response) =>
    response.writeHead(status).end('<html>'),
  )
  const client = clientAt(url)
  await expect(client.post('/x', {})).rejects.toThrow('content answered 502')
  status = 200
  await expect(client.post('/x', {})).rejects.toThrow('content answered with invalid JSON')
})

test('bytes that are not HTTP are an unavailable service', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).end('garbage\r\n\r\n'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    const { port } = server.address() as AddressInfo
    expect(await errorOf(clientAt(`http://127.0.0.1:${port}`).post('/x', {}))).toBeInstanceOf(
      ContentServiceUnavailableError,
    )
  } finally {
    server.close()
  }
})

test.each([
  ['a port on which nothing listens', undefined],
  ['a connection that is reset before the answer', ''],
  ['a connection that is reset half-way through the answer', '{"a":'],
])('%s is an unavailable service', async (_case, part) => {
  const { url } = await startCallee((_request, response) => {
    if (part !== '') response.writeHead(200, { 'content-length': 100 }).write(part)
    setImmediate(() => response.destroy())
  })
  const client = clientAt(part === undefined ? 'http://127.0.0.1:1' : url)
  const error = await errorOf(client.post('/x', {}))
  expect(error).toBeInstanceOf(ContentServiceUnavailableError)
  expect(error).toMatchObject({ isConnectionFault: true })
})

test('a callee that never answers ends with a time-out', async () => {
  const { url } = await startCallee(() => {})
  const client = clientAt(url, { readMilliseconds: 50 })
  expect(await errorOf(client.post('/x', {}))).toBeInstanceOf(ServiceTimeoutError)
})

test('a body that stops half-way ends with a time-out', async () => {
  const { url } = await startCallee((_request, response) => response.writeHead(200).write('{"a":'))
  const client = clientAt(url, { readMilliseconds: 50 })
  expect(await errorOf(client.post('/x', {}))).toBeInstanceOf(ServiceTimeoutError)
})

test('a body that arrives byte by byte for ever ends with a time-out', async () => {
  const { url } = await startCallee((_request, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(' '), 10)
    response.once('close', () => clearInterval(timer))
  })
  const client = clientAt(url, { readMilliseconds: 100 })
  expect(await errorOf(client.post('/x', {}))).toBeInstanceOf(ServiceTimeoutError)
})

test('an answer of more than 8 MiB is not read to its end', async () => {
  const { url } = await startCallee((_request, response) => {
    response.writeHead(200)
    const part = Buffer.alloc(1024 * 1024, 32)
    for (let megabyte = 0; megabyte < 9; megabyte += 1) response.write(part)
    response.on('error', () => {}).end()
  })
  await expect(clientAt(url).post('/x', {})).rejects.toThrow('sent an answer that is too large')
})

test('an abort by the caller ends a call', async () => {
  const { url, requests } = await startCallee(() => {})
  const gone = new AbortController()
  const error = errorOf(clientAt(url).post('/x', {}, { signal: gone.signal }))
  await expect.poll(() => requests.length).toBe(1)
  gone.abort()
  expect(await error).toBeInstanceOf(CallAbortedError)
})

test('a stream is read while the callee still sends, and an abort ends it', async () => {
  let finish = () => {}
  const { url } = await startCallee((_request, response) => {
    response.writeHead(200).write('first\n')
    finish = () => response.end('second\n')
  })
  const client = clientAt(url)
  const stream = await client.postForStream('/x', {})
  const parts: string[] = []
  for await (const part of stream) {
    parts.push(String(part))
    finish()
  }
  expect(parts.join('')).toBe('first\nsecond\n')

  const gone = new AbortController()
  const aborted = await client.postForStream('/x', {}, { signal: gone.signal })
  gone.abort()
  await expect(aborted.toArray()).rejects.toThrow()
  await expect.poll(() => client.inProgress).toBe(0)
})
