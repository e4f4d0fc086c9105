import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Question } from './load.ts'

const MOST_CONNECTIONS = 64

/**
 * Milliseconds of each answer, asked at a steady pace, whatever became of those before. The pace is kept to a millisecond,
 * the shortest that a timer sleeps: with a thread that slept less, asking took twice as much of the processors.
 */
export async function timesAtPace(
  question: Question,
  perSecond: number,
  seconds: number,
): Promise<number[]> {
  const connections = new Connections(question)
  const asked: Promise<number>[] = []
  const count = Math.round(perSecond * seconds)
  try {
    for (const startedAt = performance.now(); ; await sleep(1)) {
      const due = Math.min(count, Math.floor(((performance.now() - startedAt) * perSecond) / 1_000))
      while (asked.length < due) asked.push(connections.timeOfNext())
      if (due === count) return await Promise.all(asked)
    }
  } finally {
    connections.end()
  }
}

interface Asking {
  startedAt: number
  resolve: (milliseconds: number) => void
  reject: (error: Error) => void
}

/**
 * The same question over and over, on bare sockets: node:http takes longer to ask it than a service to answer, and on a
 * machine of two processors that time is taken from those who are measured.
 */
class Connections {
  readonly #port: number
  readonly #host: string
  readonly #bytes: Buffer
  readonly #all: Connection[] = []
  readonly #idle: Connection[] = []
  readonly #waiting: Asking[] = []

  constructor({ url, headers }: Question) {
    const { hostname, port, host, pathname, search } = new URL(url)
    const lines = [
      `GET ${pathname}${search} HTTP/1.1`,
      ...Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}`),
    ]
    this.#bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
    this.#port = Number(port)
    this.#host = hostname
  }

  timeOfNext(): Promise<number> {
    return new Promise((resolve, reject) => {
      const asking = { startedAt: performance.now(), resolve, reject }
      const connection = this.#idle.pop() ?? this.#open()
      if (connection === undefined) this.#waiting.push(asking)
      else connection.ask(asking)
    })
  }

  #open(): Connection | undefined {
    if (this.#all.length === MOST_CONNECTIONS) return undefined
    const socket = connect({ port: this.#port, host: this.#host, noDelay: true })
    const connection = new Connection(socket, this.#bytes, () => {
      const next = this.#waiting.shift()
      if (next === undefined) this.#idle.push(connection)
      else connection.ask(next)
    })
    this.#all.push(connection)
    return connection
  }

  end(): void {
    for (const connection of this.#all) connection.end()
  }
}

/** One question at a time. */
class Connection {
  readonly #socket: Socket
  readonly #bytes: Buffer
  #asking: Asking | undefined
  /** Bytes of the answer still to come; undefined until its head is whole. */
  #left: number | undefined
  #head = ''

  constructor(socket: Socket, bytes: Buffer, onIdle: () => void) {
    this.#socket = socket
    this.#bytes = bytes
    socket.on('data', (chunk) => this.#take(chunk) && onIdle())
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('a connection was closed before its answer')))
  }

  ask(asking: Asking): void {
    this.#asking = asking
    this.#head = ''
    this.#left = undefined
    this.#socket.write(this.#bytes)
  }

  end(): void {
    this.#socket.destroy()
  }

  /** Whether that was the last of an answer. */
  #take(chunk: Buffer): boolean {
    if (this.#left === undefined) {
      this.#head += chunk.toString('latin1')
      const end = this.#head.indexOf('\r\n\r\n')
      if (end === -1) return false
      const length = /^content-length: *(\d+)/im.exec(this.#head)?.[1]
      if (!this.#head.startsWith('HTTP/1.1 200 ') || length === undefined) {
        this.#fail(new Error(`the answer was no 200 with a length: ${this.#head.slice(0, end)}`))
        return false
      }
      this.#left = Number(length) - (this.#head.length - end - 4)
    } else this.#left -= chunk.length
    if (this.#left > 0) return false
    const { startedAt, resolve } = this.#asking as Asking
    this.#asking = undefined
    resolve(performance.now() - startedAt)
    return true
  }

  #fail(error: Error): void {
    this.#asking?.reject(error)
    this.#asking = undefined
  }
}
