import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import type { HttpServer } from './http-server.ts'
import { createLog } from './log.ts'

let app: HttpServer
beforeAll(async () => {
  app = await createHttpServer({
    service: 'metrics-test',
    log: createLog('metrics-test', 'silent'),
  })
  app.get('/posts/:id', { config: { access: 'PUBLIC' } }, async (request) => {
    if (request.url.endsWith('/0')) throw new Error('any')
    return 'a post'
  })
})
afterAll(() => app.close())

const seriesOf = async () =>
  (await app.inject('/metrics')).body
    .split('\n')
    .filter((line) => line.startsWith('http_server_request_duration_seconds'))

test('durations are counted by method, route and status, and unknown paths as one route', async () => {
  for (const url of ['/posts/1', '/posts/2', '/posts/0', '/no/such/path'])
    await app.inject({ method: 'GET', url })
  await app.inject({ method: 'HEAD', url: '/posts/1' })
  const counts = (await seriesOf()).filter((line) => line.includes('_count'))
  expect(counts.sort()).toEqual([
    'http_server_request_duration_seconds_count{service="metrics-test",method="GET",route="/posts/:id",status="200"} 2',
    'http_server_request_duration_seconds_count{service="metrics-test",method="GET",route="/posts/:id",status="500"} 1',
    'http_server_request_duration_seconds_count{service="metrics-test",method="GET",route="unknown",status="404"} 1',
    'http_server_request_duration_seconds_count{service="metrics-test",method="HEAD",route="/posts/:id",status="200"} 1',
  ])
})

test('each series has cumulative buckets, of which the last one counts every answer', async () => {
  const buckets = (await seriesOf()).filter((line) =>
    /_bucket\{.*route="\/posts\/:id",status="500"/.test(line),
  )
  expect(buckets).toHaveLength(13)
  expect(buckets.at(-1)).toMatch(/le="\+Inf".* 1$/)
  const counts = buckets.map((line) => Number(line.split(' ').at(-1)))
  expect(counts).toEqual(counts.toSorted((one, other) => one - other))
})
