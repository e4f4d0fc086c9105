import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ask, clientAt } from '@dailyfeed/tests/http-client'
import { expect, test } from 'vitest'
import { startGateway } from '../gateway-fixture.ts'

test('a connection that its service retires is not used again, so that no write is lost on it', async () => {
  let isEnding = false
  const connections = new Set<number | undefined>()
  const content = createServer((request, response) => {
    response.shouldKeepAlive = !isEnding
    if (request.method === 'POST') connections.add(request.socket.remotePort)
    request.resume().once('end', () => response.end('{}'))
  })
  await new Promise<void>((resolve) => content.listen(0, '127.0.0.1', resolve))
  const gateway = await startGateway({
    CONTENT_URL: `http://127.0.0.1:${(content.address() as AddressInfo).port}`,
  })
  const write = async () =>
    (await ask(clientAt(gateway.url), { url: '/api/posts', body: {} })).status
  try {
    expect([await write(), await write()]).toEqual([200, 200])
    const kept = connections.size
    isEnding = true
    for (let n = 0; n < 5; n += 1) expect(await write()).toBe(200)
    // The first of them retired the kept connection; each of the others came on a new one.
    expect(connections.size).toBeGreaterThanOrEqual(kept + 4)
  } finally {
    await gateway.close()
    content.close()
  }
})
