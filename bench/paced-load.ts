import { sendAtRate } from '@dailyfeed/tests/pacing'
import { bytesOf, PlainConnection } from '@dailyfeed/tests/plain-connection'
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

/** Sends the same request again and again, each on a connection of its own; further ones wait for one. */
class Connections {
  readonly #url: string
  readonly #bytes: Buffer
  readonly #open: PlainConnection[] = []
  readonly #idle: PlainConnection[] = []
  readonly #queue: Pending[] = []

  constructor(request: LoadRequest) {
    this.#url = request.url
    this.#bytes = bytesOf(request)
  }

  /** Resolves with the milliseconds until the whole answer has arrived, counted from the call. */
  send(): Promise<number> {
    return new Promise((resolve, reject) => {
      const pending = { startedAt: performance.now(), resolve, reject }
      const connection = this.#idle.pop() ?? this.#connect()
      if (connection === undefined) this.#queue.push(pending)
      else this.#sendOn(connection, pending)
    })
  }

  #sendOn(connection: PlainConnection, { startedAt, resolve, reject }: Pending): void {
    connection.send(this.#bytes).then(({ status }) => {
      if (status === 200) resolve(performance.now() - startedAt)
      else reject(new Error(`the answer is not 200 but ${status}`))
    }, reject)
  }

  #connect(): PlainConnection | undefined {
    if (this.#open.length === MAX_CONNECTIONS) return undefined
    const connection: PlainConnection = new PlainConnection(this.#url, {
      onIdle: () => {
        const next = this.#queue.shift()
        if (next === undefined) this.#idle.push(connection)
        else this.#sendOn(connection, next)
      },
      onClose: (error) => this.#remove(connection, error),
    })
    this.#open.push(connection)
    return connection
  }

  /** A closed connection is not used again. Without any connection left, waiting requests fail. */
  #remove(connection: PlainConnection, error: Error): void {
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
