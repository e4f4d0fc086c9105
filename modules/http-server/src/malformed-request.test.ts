import { connect } from 'node:net'
import Type from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import { createLog } from './log.ts'
import type { HttpServer } from './http-server.ts'

let app: HttpServer
let port: number

beforeAll(async () => {
  app = await createHttpServer({
    service: 'any',
    log: createLog('test', 'silent'),
  })
  app.post(
    '/api/posts/:id',
    { config: { access: 'PUBLIC' }, schema: { body: Type.Object({}) } },
    async () => ({}),
  )
  port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterAll(() => app.close())

function send(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (text) => {
      answer += text
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}
const bodyOf = (answer: string) =>
  JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>

test('a URL that cannot be decoded is 400 in the envelope, in the requested language', async () => {
  const answer = await app.inject({
    url: '/api/posts/%zz?q=1',
    headers: { 'accept-language': 'en', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
  })
  expect(answer.statusCode).toBe(400)
  expect(answer.json()).toEqual({
    statusCode: 400,
    resultCode: 'FAIL',
    code: 'VALIDATION_FAILED',
    message: 'The request is malformed.',
    path: '/api/posts/%zz',
    traceId: 'a'.repeat(32),
    errors: [{ field: 'request', message: 'The request is malformed.' }],
  })
})

test('an id longer than any possible id is 404 in the envelope', async () => {
  const answer = await app.inject({ method: 'POST', url: `/api/posts/${'1'.repeat(501)}` })
  expect([answer.statusCode, answer.json().code]).toEqual([404, 'NOT_FOUND'])
})

test.each([
  ['bytes that are not HTTP', 'hello\r\n\r\n', 400],
  [
    'a length and chunks',
    'POST /api/posts/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['headers that never end', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
])('%s: one answer in the envelope, then the connection ends', async (_what, bytes, status) => {
  const answer = await send(bytes)
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(bodyOf(answer)).toMatchObject({
    statusCode: status,
    resultCode: 'FAIL',
    message: expect.any(String),
  })
})

test('a body that is too large gets 413 while it is still being sent', async () => {
  for (let n = 0; n < 5; n++) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/posts/1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: 'x'.repeat(8_000_000),
    })
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      413,
      'PAYLOAD_TOO_LARGE',
    ])
  }
})
