import { connect, type Socket } from 'node:net'
import { hashOfToken } from '@dailyfeed/configuration/development-secrets'
import type { RunningService } from '@dailyfeed/http-server/running-service'
import { eventually } from '@dailyfeed/tests/eventually'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { sendRaw, startGateway, startUpstream, type Upstream } from '../gateway-fixture.ts'

const SCRAPER = 'credential-of-the-scraper-of-40-characters'
/** More than the kernel buffers of two connections hold. */
const LARGE_BYTES = 60_000_000
let content: Upstream
let activity: Upstream
let image: Upstream
let gateway: RunningService
/** Answers that a service has begun and whose connection is still open. */
let openAnswers = 0
let releaseHeld: () => void = () => {}
const sockets: Socket[] = []

beforeAll(async () => {
  content = await startUpstream('content', (app) => {
    app.addHook('onRequest', async (_request, reply) => {
      openAnswers += 1
      reply.raw.once('close', () => {
        openAnswers -= 1
      })
    })
    app.get('/api/posts/held', async () => {
      await new Promise<void>((resolve) => {
        const before = releaseHeld
        releaseHeld = () => {
          before()
          resolve()
        }
      })
      return 'released'
    })
    app.get('/api/posts/large', (_request, reply) => {
      reply.send(Buffer.alloc(LARGE_BYTES, 'a'))
    })
  })
  activity = await startUpstream('activity', (app) => {
    for (const path of ['/api/notifications/stream', '/api/notifications/stream/'])
      app.get(path, (_request, reply) => {
        reply.hijack()
        reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
        reply.raw.write('retry: 1\n\n')
      })
  })
  image = await startUpstream('image')
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  releaseHeld()
  releaseHeld = () => {}
  await gateway.close()
})
afterAll(() => Promise.all([content, activity, image].map(({ app }) => app.close())))

const FORMS = ['over sockets', 'in the same process']

async function start(settings: Record<string, string>, form = 'over sockets'): Promise<void> {
  gateway = await startGateway(
    {
      CONTENT_URL: content.url,
      ACTIVITY_URL: activity.url,
      IMAGE_URL: image.url,
      TRUSTED_FRONTENDS: '127.0.0.1',
      INTERNAL_CALLERS: `prometheus:${hashOfToken(SCRAPER)}`,
      ...settings,
    },
    form === 'over sockets'
      ? {}
      : { content: content.app, activity: activity.app, image: image.app },
  )
}

/** As a client of this address, which a trusted frontend names. */
const from = (address: string, more: Record<string, string> = {}) => ({
  headers: { 'x-forwarded-for': address, 'accept-language': 'en', ...more },
})
const ask = (path: string, init: RequestInit = {}) => fetch(gateway.url + path, init)
const MALLORY = '203.0.113.7'
const QUIET = '198.51.100.1'

interface RawClient {
  socket: Socket
  answer(): string
  isClosed(): boolean
}

/** Sends bytes and leaves the connection open. */
function send(bytes: string, { isReading = true } = {}): RawClient {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
  sockets.push(socket)
  let answer = ''
  let isClosed = false
  socket.setEncoding('latin1').on('error', () => {})
  socket.on('close', () => {
    isClosed = true
  })
  if (isReading)
    socket.on('data', (text) => {
      answer += text
    })
  socket.write(bytes)
  return { socket, answer: () => answer, isClosed: () => isClosed }
}

const headOf = (method: string, path: string, address: string, more: string[] = []) =>
  [`${method} ${path} HTTP/1.1`, 'Host: x', `X-Forwarded-For: ${address}`, ...more, '', ''].join(
    '\r\n',
  )
const halfBody = (address: string) =>
  `${headOf('POST', '/api/posts', address, ['Content-Length: 200'])}{`

/** `labels`: the text of one, such as `reason="requests"`. */
const metric = async (name: string, labels = ''): Promise<number> => {
  const answer = await ask('/metrics', { headers: { 'x-internal-token': SCRAPER } })
  const line = (await answer.text())
    .split('\n')
    .find((text) => text.startsWith(`${name}{`) && text.includes(labels))
  return Number(line?.split(' ').at(-1))
}
const taken = () => metric('gateway_upstream_requests', 'upstream="content"')
const waiting = () => metric('gateway_upstream_waiting', 'upstream="content"')
const bodiesAwaited = () => metric('gateway_arriving_bodies')
const refusals = (reason: string) => metric('gateway_refused_total', `reason="${reason}"`)

describe.each(FORMS)('a service %s', (form) => {
  test('half-sent bodies hold no place at the service, and time out with 408', async () => {
    await start({ UPSTREAM_REQUESTS_MAX: '1', BODY_TIMEOUT_MS: '800' }, form)
    const clients = Array.from({ length: 5 }, () => send(halfBody(MALLORY)))
    await eventually('the bodies are awaited', async () => (await bodiesAwaited()) === 5)
    expect((await ask('/api/posts/1', from(QUIET))).status).toBe(200)
    const post = { ...from(QUIET), method: 'POST', body: '{}' }
    expect((await ask('/api/posts', post)).status).toBe(200)
    for (const client of clients) {
      await eventually('the connection is closed', client.isClosed)
      expect(client.answer()).toMatch(/^HTTP\/1.1 408 /)
      expect(client.answer()).toContain('"code":"REQUEST_TIMEOUT"')
    }
    expect([await bodiesAwaited(), await refusals('slow_body')]).toEqual([0, 5])
  })

  test('a request that gets no place in time is 503, and one place too few is 503 at once', async () => {
    await start(
      { UPSTREAM_REQUESTS_MAX: '1', UPSTREAM_WAITING_MAX: '1', UPSTREAM_WAIT_MS: '600' },
      form,
    )
    const first = ask('/api/posts/held')
    await eventually('the place is taken', async () => (await taken()) === 1)
    const second = ask('/api/posts/1')
    await eventually('a request waits', async () => (await waiting()) === 1)
    const third = await ask('/api/posts/2')
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1'])
    const late = await second
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await late.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE', resultCode: 'FAIL' })
    releaseHeld()
    expect((await first).status).toBe(200)
    expect((await ask('/api/posts/1')).status).toBe(200)
    expect([await taken(), await waiting()]).toEqual([0, 0])
  })

  test('a client that disconnects gives its place and its share back', async () => {
    await start({ UPSTREAM_REQUESTS_MAX: '1', REQUESTS_PER_CLIENT: '1' }, form)
    const client = send(headOf('GET', '/api/posts/held', QUIET))
    await eventually('the place is taken', async () => (await taken()) === 1)
    client.socket.destroy()
    await eventually('the place is free', async () => (await taken()) === 0)
    await eventually('the service has noticed', () => openAnswers === 0)
    expect((await ask('/api/posts/1', from(QUIET))).status).toBe(200)
  })

  test('a client that never reads is cut off, and its request ends at the service', async () => {
    await start({ ANSWER_STALL_MS: '500', UPSTREAM_READ_TIMEOUT_MS: '60000' }, form)
    const client = send(headOf('GET', '/api/posts/large', MALLORY), { isReading: false })
    client.socket.pause()
    await eventually('the answer has begun', () => openAnswers === 1)
    await eventually('the service has noticed', () => openAnswers === 0)
    expect(await metric('http_server_stalled_answers_total')).toBe(1)
    expect(await taken()).toBe(0)
    const whole = await ask('/api/posts/large')
    expect((await whole.arrayBuffer()).byteLength).toBe(LARGE_BYTES)
  })

  test('an upload that stalls is cut off and releases its share', async () => {
    await start({ BODY_TIMEOUT_MS: '500' }, form)
    const upload = headOf('POST', '/api/images/upload', MALLORY, [
      'Content-Type: image/png',
      'Content-Length: 900000',
    ])
    const client = send(`${upload}${'x'.repeat(10_000)}`)
    await eventually('it is forwarded', async () => (await metric('gateway_uploads')) === 1)
    await eventually('the connection is closed', client.isClosed)
    await eventually('its share is free', async () => (await metric('gateway_uploads')) === 0)
    const body = 'x'.repeat(900_000)
    const headers = { 'content-type': 'image/png' }
    const whole = await ask('/api/images/upload', { method: 'POST', body, headers })
    expect(whole.status).toBe(200)
  })
})

test('one address block, and one access token, has a bounded number of unanswered requests', async () => {
  await start({ REQUESTS_PER_CLIENT: '2' })
  const held = [ask('/api/posts/held', from(MALLORY)), ask('/api/posts/held', from(MALLORY))]
  await eventually('both are at the service', async () => (await taken()) === 2)
  const refused = await ask('/api/posts/1', from(MALLORY))
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect(await refused.json()).toMatchObject({ code: 'TOO_MANY_REQUEST', resultCode: 'FAIL' })
  expect((await ask('/api/posts/1', from(QUIET))).status).toBe(200)
  // Another service is not affected.
  expect((await ask('/api/notifications', from(MALLORY))).status).toBe(200)
  releaseHeld()
  await Promise.all(held)

  const token = { authorization: 'Bearer of-a-member' }
  const ofMember = [
    ask('/api/posts/held', from('192.0.2.1', token)),
    ask('/api/posts/held', from('192.0.2.2', token)),
  ]
  await eventually('both are at the service', async () => (await taken()) === 2)
  expect((await ask('/api/posts/1', from('192.0.2.3', token))).status).toBe(429)
  expect((await ask('/api/posts/1', from('192.0.2.3'))).status).toBe(200)
  releaseHeld()
  await Promise.all(ofMember)
  expect((await ask('/api/posts/1', from('192.0.2.3', token))).status).toBe(200)
})

test('one address block has a bounded number of bodies that arrive', async () => {
  await start({ BODIES_PER_CLIENT: '2', BODY_TIMEOUT_MS: '60000' })
  const clients = [send(halfBody(MALLORY)), send(halfBody(MALLORY))]
  await eventually('the bodies are awaited', async () => (await bodiesAwaited()) === 2)
  const post = { method: 'POST', body: '{}' }
  expect((await ask('/api/posts', { ...post, ...from(MALLORY) })).status).toBe(429)
  expect((await ask('/api/posts', { ...post, ...from(QUIET) })).status).toBe(200)
  expect((await ask('/api/posts/1', from(MALLORY))).status).toBe(200)
  // One body arrives in full, the client of the other disconnects.
  clients[0]?.socket.write(`${' '.repeat(198)}}`)
  await eventually('it is answered', () => clients[0]?.answer().startsWith('HTTP/1.1 200'))
  clients[1]?.socket.destroy()
  await eventually('both are released', async () => (await bodiesAwaited()) === 0)
  expect((await ask('/api/posts', { ...post, ...from(MALLORY) })).status).toBe(200)
})

test('bodies beyond the bytes that may be held are refused with 503', async () => {
  await start({ BODY_BYTES_MAX: String(1024 * 1024), BODY_TIMEOUT_MS: '60000' })
  const post = (address: string, bytes: number) =>
    ask('/api/posts', { ...from(address), method: 'POST', body: 'x'.repeat(bytes) })
  // One client may hold a quarter of all.
  const refused = await post(MALLORY, 300_000)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  expect((await post(MALLORY, 200_000)).status).toBe(200)
  expect(await metric('gateway_body_bytes')).toBe(0)
  expect(await refusals('body_bytes')).toBe(1)
})

test('streams have bounds of their own, below those of all, and leave requests alone', async () => {
  await start({
    UPSTREAM_REQUESTS_MAX: '1',
    STREAMS_MAX: '5',
    STREAMS_PER_CLIENT: '3',
    STREAMS_PER_MEMBER: '2',
  })
  const leave = new AbortController()
  const open = (address: string, token: string, path = '/api/notifications/stream') =>
    ask(path, { ...from(address, { authorization: token }), signal: leave.signal })
  const streams = [
    await open(MALLORY, 'Bearer a'),
    await open(MALLORY, 'Bearer a', '/api/notifications/stream/'),
    // The service decodes the path, too.
    await open(MALLORY, 'Bearer b', '/api/notifications/%73tream'),
  ]
  expect(streams.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(await metric('gateway_open_streams')).toBe(3)
  const ofMember = await open(QUIET, 'Bearer a')
  expect([ofMember.status, ofMember.headers.get('retry-after')]).toEqual([429, '5'])
  expect((await open(MALLORY, 'Bearer c')).status).toBe(429)
  expect((await open(QUIET, 'Bearer c')).status).toBe(200)
  expect((await open(QUIET, 'Bearer d')).status).toBe(200)
  const beyond = await open('192.0.2.1', 'Bearer e')
  expect([beyond.status, beyond.headers.get('retry-after')]).toEqual([503, '5'])
  expect((await ask('/api/notifications', from(QUIET))).status).toBe(200)
  leave.abort()
  await eventually(
    'all streams are closed',
    async () => (await metric('gateway_open_streams')) === 0,
  )
})

test('one address block has a bounded number of uploads', async () => {
  await start({ UPLOADS_PER_CLIENT: '1', BODY_TIMEOUT_MS: '60000' })
  send(`${headOf('POST', '/api/images/upload', MALLORY, ['Content-Length: 90000'])}x`)
  await eventually('it is forwarded', async () => (await metric('gateway_uploads')) === 1)
  const post = { method: 'POST', body: 'x' }
  const refused = await ask('/api/images/upload', { ...post, ...from(MALLORY) })
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect((await ask('/api/images/upload', { ...post, ...from(QUIET) })).status).toBe(200)
  expect((await ask('/api/images/view/1', from(MALLORY))).status).toBe(200)
})

test('one address block has a bounded number of connections', async () => {
  await start({ CONNECTIONS_PER_CLIENT: '2', TRUSTED_FRONTENDS: '' })
  const [first, second] = [send(''), send('')]
  await eventually(
    'both are connected',
    () => !first.socket.connecting && !second.socket.connecting,
  )
  const third = send('')
  await eventually('the third is closed', third.isClosed)
  expect([first.isClosed(), second.isClosed()]).toEqual([false, false])
  first.socket.destroy()
  await eventually('another one is served', () =>
    ask('/healthz/live').then(
      ({ ok }) => ok,
      () => false,
    ),
  )
})

test('a body is asked for only where it will be read', async () => {
  await start({ BODIES_PER_CLIENT: '1', BODY_TIMEOUT_MS: '60000' })
  const expecting = (address: string, length: number) =>
    headOf('POST', '/api/posts', address, [`Content-Length: ${length}`, 'Expect: 100-continue'])
  const client = send(expecting(QUIET, 2))
  await eventually('the body is asked for', () => client.answer().includes('100 Continue'))
  const refused = send(expecting(QUIET, 2))
  await eventually('another one is refused', () => refused.answer().includes('HTTP/1.1 429'))
  expect(refused.answer()).not.toContain('100 Continue')
  client.socket.write('{}')
  await eventually('the first one is answered', () => client.answer().includes('HTTP/1.1 200'))
  const large = await sendRaw(gateway.url, expecting(QUIET, 2_000_000))
  expect(large).toMatch(/^HTTP\/1.1 413 /)
})

test('a request to upgrade is answered as an ordinary one', async () => {
  await start({})
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: a']
  const client = send(headOf('GET', '/api/posts/1', QUIET, upgrade))
  await eventually('it is answered', () => client.answer().startsWith('HTTP/1.1 200'))
  expect(client.answer()).not.toContain('"upgrade"')
})

test('RATE_LIMIT=off limits the total alone', async () => {
  await start({
    RATE_LIMIT: 'off',
    REQUESTS_PER_CLIENT: '1',
    BODIES_PER_CLIENT: '1',
    BODY_TIMEOUT_MS: '60000',
  })
  const held = [ask('/api/posts/held', from(QUIET)), ask('/api/posts/held', from(QUIET))]
  await eventually('both are at the service', async () => (await taken()) === 2)
  for (let n = 0; n < 3; n += 1) send(halfBody(QUIET))
  await eventually('all are awaited', async () => (await bodiesAwaited()) === 3)
  releaseHeld()
  await Promise.all(held)
})
