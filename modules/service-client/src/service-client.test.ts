import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { createServiceClient, type ServiceClient } from './service-client.ts'
import {
  CircuitOpenError,
  ServiceRefusedError,
  ServiceTimeoutError,
  ServiceUnavailableError,
} from './service-errors.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function startCallee(answer: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push({
    close() {
      server.closeAllConnections()
      server.close()
    },
  })
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function clientOf(baseUrl: string, options: object = {}): ServiceClient {
  const client = createServiceClient({
    service: 'content',
    baseUrl,
    internalToken: 'secret',
    ...options,
  })
  open.unshift(client)
  return client
}

const json: (status: number, body: unknown) => RequestListener =
  (status, body) => (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

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
    await clientOf(url).post('/internal/x', { a: 1 }, { headers: { traceparent: 't' } }),
  ).toMatchObject({
    method: 'POST',
    url: '/internal/x',
    token: 'secret',
    trace: 't',
    body: '{"a":1}',
  })
  expect(await clientOf(url).postJson('/internal/x', '[2]')).toMatchObject({ body: '[2]' })
})

test('4xx is a refusal with status and code, 429 and 5xx an unavailable service', async () => {
  let status = 404
  const { url } = await startCallee((...both) => json(status, { code: 'SOME_CODE' })(...both))
  const client = clientOf(url)
  const failureAt = (next: number) => {
    status = next
    return client.post('/x', {}).catch((error) => error)
  }
  expect(await failureAt(404)).toBeInstanceOf(ServiceRefusedError)
  expect(await failureAt(409)).toMatchObject({ status: 409, code: 'SOME_CODE' })
  for (const unavailable of [429, 500, 503])
    expect(await failureAt(unavailable)).toBeInstanceOf(ServiceUnavailableError)
  expect(await failureAt(503)).toMatchObject({ code: 'SOME_CODE' })
})

test('text that is not JSON, as failure or answer, is an unavailable service', async () => {
  let status = 502
  const { url } = await startCallee((_request, response) =>
    response.writeHead(status).end('<html>'),
  )
  const client = clientOf(url)
  await expect(client.post('/x', {})).rejects.toThrow('content answered 502')
  status = 200
  await expect(client.post('/x', {})).rejects.toThrow('content answered with invalid JSON')
})

test('a callee that never answers ends with a time-out', async () => {
  const { url } = await startCallee(() => {})
  const client = clientOf(url, { readTimeoutMilliseconds: 50 })
  await expect(client.post('/x', {})).rejects.toBeInstanceOf(ServiceTimeoutError)
})

test('a body that stops half-way ends with a time-out, too', async () => {
  const { url } = await startCallee((_request, response) => response.writeHead(200).write('{"a":'))
  const client = clientOf(url, { readTimeoutMilliseconds: 50 })
  await expect(client.post('/x', {})).rejects.toBeInstanceOf(ServiceTimeoutError)
})

test('five consecutive failures open the circuit; a successful call after the cooldown closes it', async () => {
  let status = 503
  let calls = 0
  const { url } = await startCallee((...both) => {
    calls += 1
    json(status, {})(...both)
  })
  const client = clientOf(url, { cooldownMilliseconds: 100 })
  for (let call = 0; call < 5; call += 1)
    await expect(client.post('/x', {})).rejects.toBeInstanceOf(ServiceUnavailableError)
  await expect(client.post('/x', {})).rejects.toThrow(
    'circuit open for content after 5 consecutive failures',
  )
  expect(calls).toBe(5)
  status = 200
  await expect
    .poll(() => client.post('/x', {}).catch((error) => error), { timeout: 60_000 })
    .toEqual({})
  expect(await client.post('/x', {})).toEqual({})
})

test.each([
  [400, 'VALIDATION_FAILED'],
  [503, 'KAFKA_NETWORK_ERROR'],
])('answers of %s %s never open the circuit', async (status, code) => {
  const { url } = await startCallee(json(status, { code }))
  const client = clientOf(url)
  for (let call = 0; call < 8; call += 1)
    expect(await client.post('/x', {}).catch((error) => error)).not.toBeInstanceOf(CircuitOpenError)
})

test('a stream is read while the callee still sends, and an abort ends it', async () => {
  let finish = () => {}
  const { url } = await startCallee((_request, response) => {
    response.writeHead(200).write('first\n')
    finish = () => response.end('second\n')
  })
  const client = clientOf(url)
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
})
