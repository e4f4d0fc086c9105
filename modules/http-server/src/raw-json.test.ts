import Type from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import { successOf } from './envelope.ts'
import type { HttpServer } from './http-server.ts'
import { createLog } from './log.ts'
import { answer, RawJson } from './raw-json.ts'

const DATA = { text: '한글 "quoted" 👩‍👩‍👧 \u2028' }
const Data = Type.Object({ text: Type.String() })
let app: HttpServer
const completed: string[] = []

beforeAll(async () => {
  app = await createHttpServer({
    service: 'raw-json-test',
    log: createLog('raw-json-test', 'silent'),
  })
  app.addHook('onSend', async (_request, reply, payload) => {
    reply.header('x-of-on-send', 'set')
    return payload
  })
  app.addHook('onResponse', async ({ url }) => void completed.push(url))
  const route = {
    config: { access: 'PUBLIC' },
    schema: { response: { 200: successOf(Data) } },
  } as const
  app.get('/cached', route, async (_request, reply) => {
    const latin1 = Buffer.from(JSON.stringify(DATA)).toString('latin1')
    return answer(reply, new RawJson<typeof DATA>(latin1))
  })
  app.get('/read', route, async (_request, reply) => answer(reply, DATA))
})
afterAll(() => app.close())

test('a cached answer has the bytes and headers of an ordinary one, except of onSend hooks', async () => {
  const [cached, read] = [await app.inject('/cached'), await app.inject('/read')]
  expect(cached.statusCode).toBe(200)
  expect(cached.body).toBe(read.body)
  expect(JSON.parse(cached.body)).toEqual({ status: 200, result: 'SUCCESS', data: DATA })
  const headersOf = ({ headers }: typeof cached) => {
    const { date: _, 'x-request-id': __, ...rest } = headers
    return { ...rest, 'content-length': Number(headers['content-length']) }
  }
  expect(headersOf(read)).toEqual({ ...headersOf(cached), 'x-of-on-send': 'set' })
  expect(headersOf(cached)).toMatchObject({ 'x-content-type-options': 'nosniff' })
  expect(completed).toEqual(['/cached', '/read'])
})

test('HEAD of a cached answer has its headers and no body', async () => {
  const head = await app.inject({ method: 'HEAD', url: '/cached' })
  expect([head.statusCode, head.body]).toEqual([200, ''])
  expect(Number(head.headers['content-length'])).toBeGreaterThan(0)
})
