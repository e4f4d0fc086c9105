import type { Socket } from 'node:net'
import { Counter } from 'prom-client'
import type { HttpServer } from './http-server.ts'
import { readSendQueues, type SendQueues } from './send-queues.ts'

export interface StalledAnswerOptions {
  /** Milliseconds in which a client must read a part of its answer. */
  stallMilliseconds?: number
  /** Bytes that it must read in that time, unless fewer were left to read. */
  minBytes?: number
}

const STALL_MILLISECONDS = 20_000
const SWEEPS_PER_STALL = 5
/** Less than this between two sweeps is not worth a look at the kernel's queues. */
const LARGE_BYTES = 256 * 1024

interface PendingAnswer {
  /** `performance.now()` at the beginning of the current period. */
  since: number
  /** Bytes that had arrived at the client by then. */
  arrived: number
  /** Bytes that must arrive by the end of the period. */
  wanted: number
}

/**
 * Resets connections of clients that do not read their answers: each of them holds the answer in
 * memory and, behind a proxy, a connection to the service. Closing the connection aborts the request.
 * Call after the metrics have been registered.
 */
export function cutStalledAnswers(app: HttpServer, options: StalledAnswerOptions = {}): void {
  const { stallMilliseconds = STALL_MILLISECONDS } = options
  const watch = new AnswerWatch(app, { ...options, stallMilliseconds })
  app.server.on('connection', (socket: Socket) => watch.add(socket))
  const sweep = setInterval(() => void watch.sweep(), stallMilliseconds / SWEEPS_PER_STALL)
  sweep.unref()
  app.addHook('onClose', async () => clearInterval(sweep))
}

class AnswerWatch {
  readonly #app: HttpServer
  readonly #stallMilliseconds: number
  readonly #minBytes: number
  readonly #cut: Counter
  /** Open connections, with the bytes that had been written to each at the last sweep. */
  readonly #written = new Map<Socket, number>()
  readonly #pending = new Map<Socket, PendingAnswer>()
  #isSweeping = false

  constructor(app: HttpServer, options: StalledAnswerOptions & { stallMilliseconds: number }) {
    this.#app = app
    this.#stallMilliseconds = options.stallMilliseconds
    this.#minBytes = options.minBytes ?? 1
    this.#cut = new Counter({
      name: 'http_server_stalled_answers_total',
      help: 'Connections closed since the client did not read its answer',
      registers: [app.metrics],
    })
  }

  add(socket: Socket): void {
    this.#written.set(socket, 0)
    socket.once('close', () => {
      this.#written.delete(socket)
      this.#pending.delete(socket)
    })
  }

  async sweep(): Promise<void> {
    if (this.#isSweeping) return
    const suspects = this.#findSuspects()
    if (suspects.length === 0) return
    this.#isSweeping = true
    const queues = await readSendQueues()
    this.#isSweeping = false
    const now = performance.now()
    for (const socket of suspects) if (!socket.destroyed) this.#check(socket, queues, now)
  }

  /** Nearly every connection, nearly always, has nothing to send and has not sent much. */
  #findSuspects(): Socket[] {
    const suspects: Socket[] = []
    for (const [socket, before] of this.#written) {
      const { bytesWritten } = socket
      this.#written.set(socket, bytesWritten)
      if (
        socket.writableLength > 0 ||
        bytesWritten - before > LARGE_BYTES ||
        this.#pending.has(socket)
      )
        suspects.push(socket)
    }
    return suspects
  }

  #check(socket: Socket, queues: SendQueues, now: number): void {
    const { arrived, queued } = progressOf(socket, queues)
    const answer = this.#pending.get(socket)
    if (queued === 0) this.#pending.delete(socket)
    else if (answer === undefined) this.#begin(socket, arrived, queued, now)
    else if (now - answer.since >= this.#stallMilliseconds) {
      if (arrived >= answer.arrived + answer.wanted) this.#begin(socket, arrived, queued, now)
      else this.#reset(socket, queued)
    }
  }

  #begin(socket: Socket, arrived: number, queued: number, now: number): void {
    this.#pending.set(socket, { since: now, arrived, wanted: Math.min(this.#minBytes, queued) })
  }

  #reset(socket: Socket, bytes: number): void {
    this.#cut.inc()
    this.#app.log.warn({ bytes }, 'an answer is not being read; its connection is closed')
    // A reset also frees the part of the answer that the kernel holds.
    socket.resetAndDestroy()
  }
}

/**
 * Bytes that have arrived at the client, and bytes that wait for it in this process and in the
 * kernel. The counts of the handle are needed: `socket.writableLength` counts a large write as
 * waiting until its last byte has left, so that it would not show a slow reader's progress.
 */
function progressOf(socket: Socket, queues: SendQueues): { arrived: number; queued: number } {
  const handle: { bytesWritten: number; writeQueueSize: number } | null = Reflect.get(
    socket,
    '_handle',
  )
  if (handle === null) return { arrived: 0, queued: 0 }
  const queued = handle.writeQueueSize + queues.bytesOf(socket)
  return { arrived: handle.bytesWritten - queued, queued }
}
