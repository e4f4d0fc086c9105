import { connect, type Socket } from 'node:net'
import { eventually } from '@dailyfeed/tests/eventually'
import { afterEach, expect, test } from 'vitest'
import { createHttpServer } from './create-http-server.ts'
import type { HttpServer } from './http-server.ts'
import { createLog } from './log.ts'

const STALL_MILLISECONDS = 500
/** More than the kernel buffers of a connection hold. */
const ANSWER_BYTES = 40_000_000
let app: HttpServer
let port: number
let aborted = 0

afterEach(() => app.close())

async function startServer(): Promise<void> {
  aborted = 0
  app = await createHttpServer({
    service: 'stalled-test',
    log: createLog('stalled-test', 'silent'),
    stalledAnswers: { stallMilliseconds: STALL_MILLISECONDS },
  })
  app.get('/large', { config: { access: 'PUBLIC' } }, (_request, reply) => {
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) aborted += 1
    })
    reply.send(Buffer.alloc(ANSWER_BYTES, 'a'))
  })
  app.get('/slow', { config: { access: 'PUBLIC' } }, async () => {
    // Much longer than a stall: nothing waits to be read meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 4 * STALL_MILLISECONDS))
    return 'answered'
  })
  port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}

interface Reader {
  socket: Socket
  received: number
}

/** A client that asks and reads nothing until its socket is resumed. */
function ask(path: string): Reader {
  const socket = connect(port, '127.0.0.1')
  const reader = { socket, received: 0 }
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    reader.received += chunk.length
  })
  socket.pause()
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
  return reader
}

test('a client that reads nothing is disconnected, its request aborted and counted', async () => {
  await startServer()
  const { socket } = ask('/large')
  await eventually('the request is aborted', () => aborted === 1)
  expect(await app.metrics.metrics()).toContain(
    'http_server_stalled_answers_total{service="stalled-test"} 1',
  )
  socket.destroy()
})

test('a client that reads slowly, but steadily, gets its whole answer', async () => {
  await startServer()
  const reader = ask('/large')
  // One megabyte in each tenth of the time in which some progress must be made.
  let allowed = 0
  const reading = setInterval(() => {
    allowed += 1_000_000
    reader.socket.resume()
  }, STALL_MILLISECONDS / 10)
  reader.socket.on('data', () => {
    if (reader.received >= allowed) reader.socket.pause()
  })
  await eventually('the answer has arrived', () => reader.received > ANSWER_BYTES)
  clearInterval(reading)
  expect(aborted).toBe(0)
  reader.socket.destroy()
})

test('an answer that takes long to be made is not cut, nor is an idle connection', async () => {
  await startServer()
  const reader = ask('/slow')
  reader.socket.resume()
  await eventually('the answer has arrived', () => reader.received > 0)
  // Positive control: a connection that stalls is cut while this one stays open.
  const stalled = ask('/large')
  await eventually('the stalled request is aborted', () => aborted === 1)
  const before = reader.received
  reader.socket.write('GET /healthz/live HTTP/1.1\r\nHost: x\r\n\r\n')
  await eventually('the connection is still served', () => reader.received > before)
  for (const { socket } of [reader, stalled]) socket.destroy()
})
