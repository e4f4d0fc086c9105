import { createServer, type RequestListener, type Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { PreparedHeaders, PreparedResponse } from './prepared-headers.ts'

const PREPARED = new PreparedHeaders([
  ['Cache-Control', 'no-store'],
  ['X-Frame-Options', 'SAMEORIGIN'],
])
const servers: Server[] = []
afterEach(() => servers.splice(0).map((server) => server.close()))

async function headersOf(
  respond: RequestListener,
  response: typeof ServerResponse = PreparedResponse,
): Promise<Record<string, string>> {
  const server = createServer({ ServerResponse: response }, respond)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const {
    date: _,
    connection: __,
    'keep-alive': ___,
    ...headers
  } = Object.fromEntries(answer.headers)
  return headers
}

const BOTH = { 'cache-control': 'no-store', 'x-frame-options': 'SAMEORIGIN' }

test.each<[string, RequestListener, Record<string, string>]>([
  ['no headers of its own', (_, response) => response.end(), {}],
  [
    'headers of setHeader',
    (_, response) => response.setHeader('X-Own', 'a').end(),
    { 'x-own': 'a' },
  ],
  [
    'headers of writeHead',
    (_, response) => response.writeHead(200, { 'X-Own': 'a' }).end(),
    { 'x-own': 'a' },
  ],
  [
    'a prepared header of its own, by setHeader',
    (_, response) => response.setHeader('cache-control', 'public').end(),
    { 'cache-control': 'public' },
  ],
  [
    'a prepared header of its own, by writeHead',
    (_, response) => response.writeHead(200, { 'cache-control': 'public' }).end(),
    { 'cache-control': 'public' },
  ],
  [
    'a prepared header of its own, in a list of writeHead',
    (_, response) => response.writeHead(200, ['Cache-Control', 'public', 'X-Own', 'a']).end(),
    { 'cache-control': 'public', 'x-own': 'a' },
  ],
])('an answer with %s has each prepared header once, and its own wins', async (_, respond, own) => {
  const prepared: RequestListener = (request, response) => {
    PREPARED.applyTo(response, 'id-1')
    respond(request, response)
  }
  const expected = { ...BOTH, 'x-request-id': 'id-1', ...own }
  expect(await headersOf(prepared)).toMatchObject(expected)
  // An answer of another class gets the same headers one by one.
  expect(await headersOf(prepared)).toEqual(await headersOf(prepared, ServerResponse))
})

test('an answer without prepared headers has only its own', async () => {
  const headers = await headersOf((_, response) => response.setHeader('x-own', 'a').end())
  expect(headers).not.toHaveProperty('cache-control')
  expect(headers).toHaveProperty('x-own')
})
