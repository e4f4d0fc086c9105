import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { latenciesAtRate } from './paced-load.ts'

let server: Server
afterEach(async () => {
  server.closeAllConnections()
  server.close()
})

async function urlOfServer(statusOf: (n: number) => number): Promise<string> {
  let requests = 0
  server = createServer((_request, response) => {
    requests += 1
    response.writeHead(statusOf(requests), { 'content-length': 2 }).end('ok')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

test('a paced load returns one latency per request', async () => {
  const url = await urlOfServer(() => 200)
  const latencies = await latenciesAtRate({ url, headers: {} }, 500, 0.2)
  expect(latencies).toHaveLength(100)
  expect(Math.min(...latencies)).toBeGreaterThan(0)
})

test('a paced load with failed requests throws one error that names address and first failure', async () => {
  const url = await urlOfServer((n) => (n % 10 === 0 ? 503 : 200))
  await expect(latenciesAtRate({ url, headers: {} }, 500, 0.2)).rejects.toThrow(
    /^10 of 100 requests to http:\S+ failed at 500 a second; the first: the answer is not 200/,
  )
})

test('a paced load on a closed port throws instead of leaving rejections unhandled', async () => {
  const url = await urlOfServer(() => 200)
  server.close()
  await expect(latenciesAtRate({ url, headers: {} }, 500, 0.1)).rejects.toThrow(
    /^50 of 50 requests to http:\S+ failed at 500 a second; the first: connect ECONNREFUSED/,
  )
})
