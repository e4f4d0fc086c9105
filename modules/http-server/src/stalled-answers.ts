import type { Socket } from 'node:net'
import { Counter } from 'prom-client'
import type { HttpServer } from './http-server.ts'

export interface StalledAnswerOptions {
  /** Milliseconds in which a client must read a part of its answer. */
  stallMilliseconds?: number
  /** Bytes that it must read in that time, unless fewer were left to read. */
  minBytes?: number
}

const STALL_MILLISECONDS = 20_000
const SWEEPS_PER_STALL = 5

interface PendingAnswer {
  /** `performance.now()` at the beginning of the current period. */
  since: number
  /** Bytes that had left for the client by then. */
  left: number
  /** Bytes that must have left for the client by the end of the period. */
  wanted: number
}

/**
 * Closes connections of clients that do not read their answers: each of them holds the answer in
 * memory and, behind a proxy, a connection to the service. Closing the connection aborts the request.
 * Call after the metrics have been registered.
 */
export function cutStalledAnswers(
  app: HttpServer,
  { stallMilliseconds = STALL_MILLISECONDS, minBytes = 1 }: StalledAnswerOptions = {},
): void {
  const cut = new Counter({
    name: 'http_server_stalled_answers_total',
    help: 'Connections closed since the client did not read its answer',
    registers: [app.metrics],
  })
  const pending = new Map<Socket, PendingAnswer>()
  const open = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      pending.delete(socket)
    })
  })

  const begin = (socket: Socket, now: number) => {
    const { left, queued } = progressOf(socket)
    pending.set(socket, { since: now, left, wanted: Math.min(minBytes, Math.max(1, queued)) })
  }
  const check = (socket: Socket, now: number) => {
    // Nearly every connection, nearly always: the kernel has taken all that was written.
    if (socket.writableLength === 0) return void pending.delete(socket)
    const answer = pending.get(socket)
    if (answer === undefined) return begin(socket, now)
    if (now - answer.since < stallMilliseconds) return
    if (progressOf(socket).left >= answer.left + answer.wanted) return begin(socket, now)
    cut.inc()
    app.log.warn(
      { bytes: socket.writableLength, milliseconds: Math.round(now - answer.since) },
      'an answer is not being read; its connection is closed',
    )
    socket.destroy()
  }
  const sweep = setInterval(() => {
    const now = performance.now()
    for (const socket of open) check(socket, now)
  }, stallMilliseconds / SWEEPS_PER_STALL)
  sweep.unref()
  app.addHook('onClose', async () => clearInterval(sweep))
}

/**
 * Bytes that have left this process, and bytes that wait in it for the client. The counts of the
 * handle are needed: `socket.writableLength` counts a large write as waiting until its last byte has
 * left, so that it would not show a slow reader's progress.
 */
function progressOf(socket: Socket): { left: number; queued: number } {
  const handle: { bytesWritten: number; writeQueueSize: number } | null = Reflect.get(
    socket,
    '_handle',
  )
  if (handle === null) return { left: socket.bytesWritten, queued: 0 }
  return { left: handle.bytesWritten - handle.writeQueueSize, queued: handle.writeQueueSize }
}
