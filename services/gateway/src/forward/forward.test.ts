import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import type { RunningService } from '@dailyfeed/http-server/running-service'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  GATEWAY_TOKEN,
  sendRaw,
  startGateway,
  startUpstream,
  type Upstream,
} from '../gateway-fixture.ts'

describe.each(['over sockets', 'in the same process'])('a service %s', (form) => {
  let content: Upstream
  let activity: Upstream
  let gateway: RunningService
  const services: Upstream[] = []
  let streams = 0
  let openStreams = 0
  let connections = 0

  beforeAll(async () => {
    content = await startUpstream('content', (app) => {
      app.get('/api/posts/cookies', async (_request, reply) =>
        reply
          .header('set-cookie', ['a=1', 'b=2'])
          .header('vary', 'Accept')
          .header('connection', 'close')
          .send('한글'),
      )
      app.get('/api/posts/gone', async (_request, reply) =>
        reply.code(410).header('x-relogin-required', 'true').send({ code: 'POST_ALREADY_DELETED' }),
      )
      app.get('/api/posts/large', async (_request, reply) => reply.send(Buffer.alloc(8_000_000, 7)))
      app.get('/api/posts/broken', (_request, reply) => {
        reply.hijack()
        reply.raw.writeHead(200, { 'content-length': '1000' })
        reply.raw.write('half')
        setTimeout(() => reply.raw.destroy(), 50)
      })
      app.get('/api/posts/never', () => new Promise(() => {}))
    })
    activity = await startUpstream('activity', (app) => {
      app.get('/api/notifications/stream', (_request, reply) => {
        streams++
        openStreams++
        reply.hijack()
        reply.raw.on('close', () => openStreams--)
        reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
        reply.raw.flushHeaders()
        setTimeout(() => reply.raw.write('id: 1\ndata: {}\n\n'), 1_500)
      })
    })
    content.app.server.on('connection', () => {
      connections += 1
    })
    const rest = await Promise.all(
      ['member', 'timeline', 'search', 'image', 'batch'].map((name) => startUpstream(name)),
    )
    services.push(content, activity, ...rest)
    const [member, timeline, search, image, batch] = rest.map(({ url }) => url)
    gateway = await startGateway(
      {
        CONTENT_URL: content.url,
        ACTIVITY_URL: activity.url,
        MEMBER_URL: String(member),
        TIMELINE_URL: String(timeline),
        SEARCH_URL: String(search),
        IMAGE_URL: String(image),
        BATCH_URL: String(batch),
        UPSTREAM_READ_TIMEOUT_MS: '1000',
      },
      form === 'in the same process'
        ? Object.fromEntries(
            ['content', 'activity', 'member', 'timeline', 'search', 'image', 'batch'].map(
              (name, at) => [name, services[at]?.app],
            ),
          )
        : {},
    )
  })
  afterAll(async () => {
    await gateway.close()
    for (const { app } of services) await app.close()
  })

  const ask = (path: string, init: RequestInit = {}) => fetch(gateway.url + path, init)
  const askJson = async (path: string, init: RequestInit = {}) =>
    (await ask(path, init)).json() as Promise<
      Record<string, never> & { headers: Record<string, string> }
    >

  test('the gateway sets the deadline of a request from its read timeout, whatever the client sends', async () => {
    const deadlineOf = async (path: string, init: RequestInit = {}) =>
      (await askJson(path, { ...init, headers: { 'x-deadline-ms': '999999', ...init.headers } }))
        .headers['x-deadline-ms']
    expect(await deadlineOf('/api/posts/1')).toBe('950')
    expect(await deadlineOf('/api/posts', { method: 'POST', body: '{}' })).toBe('950')
    const form = new FormData()
    form.set('image', new Blob(['x']), 'x.png')
    expect(await deadlineOf('/api/images', { method: 'POST', body: form })).toBeUndefined()
  })

  test.each([
    ['/api/authentication/login', 'member'],
    ['/api/token/refresh', 'member'],
    ['/api/members/query/in', 'member'],
    ['/api/posts/1/like', 'content'],
    ['/api/comments/', 'content'],
    ['/api/timeline/posts', 'timeline'],
    ['/api/search/posts/?keyword=a+b%20c', 'search'],
    ['/api/images/upload', 'image'],
    ['/api/member-activities', 'activity'],
    ['/api/activity/posts', 'activity'],
    ['/api/notifications/unread-count', 'activity'],
    ['/api/admin/dead-letters', 'batch'],
    ['/api/admin/jobs/x/run', 'batch'],
    ['/api/admin', 'batch'],
    ['/api/admin/moderation', 'activity'],
    ['/api/admin/moderation?size=2', 'activity'],
    ['/api/admin/moderation/', 'activity'],
    ['/api/admin/moderation/7/dismiss', 'activity'],
    ['/api/admin/moderations', 'batch'],
    ['/api/members/moderation', 'member'],
  ])('%s is answered by %s-svc, with its path and query as they came', async (path, name) => {
    expect(await askJson(path, { method: 'POST' })).toMatchObject({
      name,
      url: path,
      method: 'POST',
    })
  })

  test('/api/proxy/<rest> is served as /api/<rest>, once', async () => {
    expect(await askJson('/api/proxy/posts/1?x=%2F')).toMatchObject({
      name: 'content',
      url: '/api/posts/1?x=%2F',
    })
    const nested = await ask('/api/proxy/proxy/posts/1')
    expect(nested.status).toBe(404)
    expect(await nested.json()).toMatchObject({
      code: 'NOT_FOUND',
      path: '/api/proxy/proxy/posts/1',
    })
  })

  test.each([
    '/internal/jobs/x',
    '/api/internal/x',
    '/api/posts/..%2f..%2finternal',
    '/api/posts/%2e%2e/%2e%2e/internal',
    '/api/posts/../../internal/x',
    '/api//internal',
    '/api/posts//1',
    '/api/proxy/../internal',
    '/api/proxy//internal',
    '/api/posts/..\\..\\internal',
    '/api/posts/%5c..%5cinternal',
    '/%69nternal/x',
    '/%61pi/%69nternal',
    '//internal/x',
    '/metrics',
    '/healthz/other',
    '/api/posts/x%00',
    '/api/posts/.',
    '/api/unknown',
    '/api',
    '/api/',
    '/api/postsx',
    '/api/healthz/ready',
    '/api/posts/..;/internal/%2e%2e/',
  ])('%s is not forwarded', async (path) => {
    const answer = await sendRaw(
      gateway.url,
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 404 /)
    expect(answer).toContain('"code":"NOT_FOUND"')
  })

  test('a URL in absolute form reaches the same path', async () => {
    const answer = await sendRaw(
      gateway.url,
      'GET http://feed.example/api/posts/1 HTTP/1.1\r\nHost: feed.example\r\nConnection: close\r\n\r\n',
    )
    expect(answer).toContain('"url":"/api/posts/1"')
  })

  test('a body is forwarded unchanged for every content type', async () => {
    const body = randomBytes(900_000)
    for (const type of [
      'application/json',
      'multipart/form-data; boundary=x',
      'text/plain',
      'application/octet-stream',
      'image/webp',
    ]) {
      const answer = await askJson('/api/images/upload', {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      })
      expect(answer.headers['content-type']).toBe(type)
      expect(Buffer.from(String(answer['body']), 'base64').equals(body)).toBe(true)
    }
  })

  test('a body without a length is forwarded in chunks', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('one '))
        setTimeout(() => {
          controller.enqueue(new TextEncoder().encode('two'))
          controller.close()
        }, 50)
      },
    })
    const answer = await askJson('/api/posts', {
      method: 'POST',
      body,
      duplex: 'half',
    } as RequestInit)
    expect(Buffer.from(String(answer['body']), 'base64').toString()).toBe('one two')
  })

  test('an empty body is not forwarded for any content type', async () => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await askJson('/api/posts/1', {
        method,
        headers: { 'content-type': 'application/json' },
      })
      expect(answer['body']).toBeNull()
      expect(answer.headers['transfer-encoding']).toBeUndefined()
    }
  })

  test('a body that the service refuses unread gets its answer, and the connection stays usable', async () => {
    const answer = await ask('/api/posts', { method: 'POST', body: randomBytes(12_000_000) })
    expect(answer.status).toBe(413)
    expect(await askJson('/api/posts/1')).toMatchObject({ name: 'content' })
  })

  test('a body sent with GET is not forwarded', async () => {
    const answer = await sendRaw(
      gateway.url,
      'GET /api/posts/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd',
    )
    expect(answer).toContain('"body":null')
  })

  test('status, headers, cookies and bytes of an answer are forwarded unchanged', async () => {
    const cookies = await ask('/api/posts/cookies')
    expect(cookies.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(cookies.headers.get('vary')).toBe('Origin, Accept')
    expect(await cookies.text()).toBe('한글')
    const gone = await ask('/api/posts/gone')
    expect([gone.status, gone.headers.get('x-relogin-required')]).toEqual([410, 'true'])
    expect((await (await ask('/api/posts/large')).arrayBuffer()).byteLength).toBe(8_000_000)
    expect((await ask('/api/posts/large', { method: 'HEAD' })).headers.get('content-length')).toBe(
      '8000000',
    )
  })

  test('forwarding headers of a client are dropped, and the gateway sets its own', async () => {
    const spoofed = {
      'X-Internal-Token': 'stolen',
      'X-Forwarded-For': '6.6.6.6',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Prefix': '/x',
      'X-Real-IP': '6.6.6.6',
      Forwarded: 'for=6.6.6.6',
      'X-User-Id': '1',
      'X-Trusted-Frontend': 'true',
      'X-HTTP-Method-Override': 'DELETE',
      TE: 'trailers',
      'Proxy-Authorization': 'x',
      'X-Own': 'kept',
      'X-Hop': 'dropped',
      Authorization: 'Bearer kept',
    }
    const lines = Object.entries(spoofed)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')
    const answer = await sendRaw(
      gateway.url,
      `GET /api/posts/1 HTTP/1.1\r\nHost: feed.example\r\n${lines}Connection: close, X-Hop, X-Internal-Token\r\n\r\n`,
    )
    const { headers, client } = JSON.parse(
      answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1),
    )
    expect(headers).toMatchObject({
      'x-internal-token': GATEWAY_TOKEN,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'feed.example',
      'x-own': 'kept',
      authorization: 'Bearer kept',
    })
    for (const name of [
      'x-forwarded-prefix',
      'x-real-ip',
      'forwarded',
      'x-user-id',
      'x-trusted-frontend',
      'x-http-method-override',
      'te',
      'proxy-authorization',
      'x-hop',
    ])
      expect(headers[name], name).toBeUndefined()
    expect(headers.host).toBe(new URL(content.url).host)
    expect(client).toEqual({
      address: '127.0.0.1',
      block: '127.0.0.1',
      isHttps: false,
      host: 'feed.example',
      isTrustedFrontend: false,
    })
  })

  test('the edge returns x-request-id, creates a missing or malformed one, and continues the trace', async () => {
    const given = await ask('/api/posts/1', {
      headers: {
        'x-request-id': 'abc-1',
        traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      },
    })
    const received = (await given.json()) as { headers: Record<string, string> }
    expect([given.headers.get('x-request-id'), received.headers['x-request-id']]).toEqual([
      'abc-1',
      'abc-1',
    ])
    expect(received.headers['traceparent']).toMatch(
      new RegExp(`^00-${'a'.repeat(32)}-[0-9a-f]{16}-01$`),
    )
    const odd = await ask('/api/posts/1', { headers: { 'x-request-id': 'a b"c' } })
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f]{24}$/)
    expect(((await odd.json()) as typeof received).headers['x-request-id']).toBe(
      odd.headers.get('x-request-id'),
    )
  })

  test('a service that does not answer in time is 503 with Retry-After in the envelope', async () => {
    const answer = await ask('/api/posts/never', { headers: { 'accept-language': 'en' } })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await answer.json()).toMatchObject({
      statusCode: 503,
      resultCode: 'FAIL',
      code: 'SERVICE_UNAVAILABLE',
      path: '/api/posts/never',
      message: 'The request cannot be processed at the moment. Please try again shortly.',
    })
  })

  test('an answer that the service ends early is ended early for the client, too', async () => {
    await expect(ask('/api/posts/broken').then((answer) => answer.text())).rejects.toThrow()
  })

  test('a silent event stream stays open, and ends at the service when the client disconnects', async () => {
    const leave = new AbortController()
    const answer = await ask('/api/notifications/stream', { signal: leave.signal })
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const { value } = (await answer.body?.getReader().read()) ?? {}
    expect(new TextDecoder().decode(value)).toContain('id: 1')
    leave.abort()
    await expect.poll(() => [streams, openStreams]).toEqual([1, 0])
  })

  test('a gateway that stops ends its open event streams', async () => {
    const own = await startGateway(
      { ACTIVITY_URL: activity.url },
      form === 'in the same process' ? { activity: activity.app } : {},
    )
    const answer = await fetch(`${own.url}/api/notifications/stream`)
    const all = answer.text()
    // Either would wait for ever if the gateway did not end the stream.
    await own.close()
    await all
  })

  test('requests reach the service as this form says, by a socket or without one', async () => {
    connections = 0
    await Promise.all(Array.from({ length: 20 }, () => ask('/api/posts/1')))
    expect(connections > 0).toBe(form === 'over sockets')
  })
})

test('an unreachable service is 503 in the envelope, and member-svc has its own code', async () => {
  const alone = await startGateway()
  for (const [path, code] of [
    ['/api/members/profile', 'MEMBER_API_CONNECTION_ERROR'],
    ['/api/posts', 'SERVICE_UNAVAILABLE'],
  ] as const) {
    for (const init of [{}, { method: 'POST', body: randomBytes(200_000) }]) {
      const answer = await fetch(alone.url + path, init)
      const failure = (await answer.json()) as { message: string }
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
      expect(failure).toMatchObject({ code, resultCode: 'FAIL', path })
      expect(failure.message).not.toMatch(/ECONN|127\.0\.0\.1|undici/)
    }
  }
  await alone.close()
})

test('GET is retried when the connection breaks before an answer; a write never is', async () => {
  let connections = 0
  const flaky = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (bytes) => {
      // The gateway also asks for the readiness, at times of its own.
      if (bytes.includes('/healthz/')) return socket.destroy()
      connections++
      if (connections % 2 === 1) socket.destroy()
      else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok')
    })
  })
  await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve))
  const own = await startGateway({
    CONTENT_URL: `http://127.0.0.1:${(flaky.address() as { port: number }).port}`,
  })
  expect(await (await fetch(`${own.url}/api/posts/1`)).text()).toBe('ok')
  expect(connections).toBe(2)
  expect((await fetch(`${own.url}/api/posts`, { method: 'POST', body: '{}' })).status).toBe(503)
  // A retry would have come before the 503.
  expect(connections).toBe(3)
  await own.close()
  flaky.close()
})
