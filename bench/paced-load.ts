import { connect, type Socket } from 'node:net'
import { sendAtRate } from '@dailyfeed/tests/pacing'
import type { LoadRequest } from './load.ts'

const MAX_CONNECTIONS = 64

/**
 * Sends a request at a steady rate, whatever happened to earlier ones, and returns the latencies in
 * milliseconds. Throws after the run when a request failed. A sleeping timer keeps the rate: a
 * thread that kept it more exactly took twice as much of the processors.
 */
export async function latenciesAtRate(
  request: LoadRequest,
  perSecond: number,
  seconds: number,
): Promise<number[]> {
  const connections = new Connections(request)
  const measured: number[] = []
  const failures: Error[] = []
  const inFlight: Promise<unknown>[] = []
  const count = Math.round(perSecond * seconds)
  try {
    await sendAtRate(perSecond, count, () => {
      inFlight.push(
        connections.send().then(
          (milliseconds) => measured.push(milliseconds),
          (error) => failures.push(error),
        ),
      )
    })
    await Promise.all(inFlight)
  } finally {
    connections.end()
  }
  if (failures.length > 0)
    throw new Error(
      `${failures.length} of ${count} requests to ${request.url} failed ` +
        `at ${Math.round(perSecond)} a second; the first: ${failures[0]?.message}`,
    )
  return measured
}

interface Pending {
  startedAt: number
  resolve: (milliseconds: number) => void
  reject: (error: Error) => void
}

/**
 * Sends the same request again and again on plain sockets. node:http takes longer to send it than a
 * service to answer it, and on a machine of two processors that time is taken from the service.
 */
class Connections {
  readonly #port: number
  readonly #host: string
  readonly #bytes: Buffer
  readonly #open: Connection[] = []
  readonly #idle: Connection[] = []
  readonly #queue: Pending[] = []

  constructor({ url, headers }: LoadRequest) {
    const { hostname, port, host, pathname, search } = new URL(url)
    const lines = [
      `GET ${pathname}${search} HTTP/1.1`,
      ...Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}`),
    ]
    this.#bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
    this.#port = Number(port)
    this.#host = hostname
  }

  /** Resolves with the milliseconds until the whole answer has arrived. */
  send(): Promise<number> {
    return new Promise((resolve, reject) => {
      const pending = { startedAt: performance.now(), resolve, reject }
      const connection = this.#idle.pop() ?? this.#connect()
      if (connection === undefined) this.#queue.push(pending)
      else connection.send(pending)
    })
  }

  #connect(): Connection | undefined {
    if (this.#open.length === MAX_CONNECTIONS) return undefined
    const socket = connect({ port: this.#port, host: this.#host, noDelay: true })
    const connection = new Connection(socket, this.#bytes, {
      onIdle: () => {
        const next = this.#queue.shift()
        if (next === undefined) this.#idle.push(connection)
        else connection.send(next)
      },
      onClose: (error) => this.#remove(connection, error),
    })
    this.#open.push(connection)
    return connection
  }

  /** A closed connection is not used again. Without any connection left, waiting requests fail. */
  #remove(connection: Connection, error: Error): void {
    for (const list of [this.#open, this.#idle]) {
      const index = list.indexOf(connection)
      if (index >= 0) list.splice(index, 1)
    }
    if (this.#open.length === 0) for (const { reject } of this.#queue.splice(0)) reject(error)
  }

  end(): void {
    for (const connection of [...this.#open]) connection.end()
  }
}

interface ConnectionEvents {
  onIdle: () => void
  onClose: (error: Error) => void
}

/** One request at a time. */
class Connection {
  readonly #socket: Socket
  readonly #bytes: Buffer
  #pending: Pending | undefined
  /** Bytes of the answer still to come; undefined until its head is complete. */
  #remaining: number | undefined
  #head = ''

  constructor(socket: Socket, bytes: Buffer, { onIdle, onClose }: ConnectionEvents) {
    this.#socket = socket
    this.#bytes = bytes
    let failure = new Error('a connection was closed before its answer')
    socket.on('data', (chunk) => this.#receive(chunk) && onIdle())
    socket.on('error', (error) => {
      failure = error
    })
    socket.on('close', () => {
      this.#fail(failure)
      onClose(failure)
    })
  }

  send(pending: Pending): void {
    this.#pending = pending
    this.#head = ''
    this.#remaining = undefined
    this.#socket.write(this.#bytes)
  }

  end(): void {
    this.#socket.destroy()
  }

  /** Returns whether the answer is complete. */
  #receive(chunk: Buffer): boolean {
    if (this.#remaining === undefined) {
      this.#head += chunk.toString('latin1')
      const end = this.#head.indexOf('\r\n\r\n')
      if (end === -1) return false
      const length = /^content-length: *(\d+)/im.exec(this.#head)?.[1]
      if (!this.#head.startsWith('HTTP/1.1 200 ') || length === undefined) {
        const head = this.#head.slice(0, end)
        this.#fail(new Error(`the answer is not 200 with a content length: ${head}`))
        this.#socket.destroy()
        return false
      }
      this.#remaining = Number(length) - (this.#head.length - end - 4)
    } else this.#remaining -= chunk.length
    if (this.#remaining > 0) return false
    const pending = this.#pending
    this.#pending = undefined
    pending?.resolve(performance.now() - pending.startedAt)
    return true
  }

  #fail(error: Error): void {
    this.#pending?.reject(error)
    this.#pending = undefined
  }
}
