import { MAX_ANSWER_BYTES } from '@dailyfeed/contract/limits'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import { success } from './envelope.ts'
import type { HttpServer } from './http-server.ts'
import { createLog } from './log.ts'
import { answer, RawJson } from './raw-json.ts'

const ENVELOPE = '{"status":200,"result":"SUCCESS","data":""}'
let app: HttpServer

beforeAll(async () => {
  app = await createHttpServer({
    service: 'answer-size-test',
    log: createLog('answer-size-test', 'silent'),
  })
  const route = { config: { access: 'PUBLIC' } } as const
  app.get<{ Querystring: { text: string; count: string } }>('/text', route, async ({ query }) =>
    success(200, query.text.repeat(Number(query.count))),
  )
  app.get<{ Querystring: { count: string } }>('/cached', route, async ({ query }, reply) =>
    answer(reply, new RawJson<string>(`"${'x'.repeat(Number(query.count))}"`)),
  )
})
afterAll(() => app.close())

const ask = async (path: string, query: Record<string, string>) => {
  const { statusCode, body } = await app.inject({
    url: path,
    query,
    headers: { 'accept-language': 'en' },
  })
  return { statusCode, bytes: Buffer.byteLength(body), body }
}

test.each([
  ['x', MAX_ANSWER_BYTES - ENVELOPE.length],
  ['한', Math.floor((MAX_ANSWER_BYTES - ENVELOPE.length) / 3)],
])('an answer of %s up to 2 MiB is sent', async (text, count) => {
  const { statusCode, bytes } = await ask('/text', { text, count: String(count) })
  expect(statusCode).toBe(200)
  expect(bytes).toBeGreaterThan(MAX_ANSWER_BYTES - 3)
})

test.each([
  ['/text', { text: 'x', count: String(MAX_ANSWER_BYTES) }],
  ['/text', { text: '한', count: String(MAX_ANSWER_BYTES / 3 + 1) }],
  ['/cached', { count: String(MAX_ANSWER_BYTES) }],
])(
  'a larger answer of %s is refused with the advice to ask for fewer items',
  async (path, query) => {
    const { statusCode, body } = await ask(path, query)
    expect([statusCode, JSON.parse(body).code]).toEqual([400, 'VALIDATION_FAILED'])
    expect(JSON.parse(body).message).toContain('ask for fewer items at once')
  },
)
