import { connect, type Socket } from 'node:net'

export interface PlainRequest {
  url: string
  headers: Record<string, string>
}

/** The bytes of a GET request. */
export function bytesOf({ url, headers }: PlainRequest): Buffer {
  const { host, pathname, search } = new URL(url)
  const lines = [
    `GET ${pathname}${search} HTTP/1.1`,
    ...Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}`),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

export interface PlainAnswer {
  status: number
  /** From sending the request to the last byte of the answer. */
  milliseconds: number
}

interface ConnectionEvents {
  onIdle: () => void
  onClose: (error: Error) => void
}

interface Pending {
  sentAt: number
  resolve: (answer: PlainAnswer) => void
  reject: (error: Error) => void
}

/**
 * Sends one request at a time on a plain socket, and reads answers with a Content-Length. node:http
 * takes longer to send a request than a service to answer it, and on a machine of two processors
 * that time is taken from the service.
 */
export class PlainConnection {
  readonly #socket: Socket
  #pending: Pending | undefined
  #status = 0
  /** Bytes of the answer still to come; undefined until its head is complete. */
  #remaining: number | undefined
  #head = ''

  constructor(url: string, { onIdle, onClose }: ConnectionEvents) {
    const { port, hostname } = new URL(url)
    this.#socket = connect({ port: Number(port), host: hostname, noDelay: true })
    let failure = new Error('a connection was closed before its answer')
    this.#socket.on('data', (chunk) => this.#receive(chunk) && onIdle())
    this.#socket.on('error', (error) => {
      failure = error
    })
    this.#socket.on('close', () => {
      this.#pending?.reject(failure)
      this.#pending = undefined
      onClose(failure)
    })
  }

  send(bytes: Buffer): Promise<PlainAnswer> {
    this.#head = ''
    this.#remaining = undefined
    return new Promise((resolve, reject) => {
      this.#pending = { sentAt: performance.now(), resolve, reject }
      this.#socket.write(bytes)
    })
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
      this.#status = Number(this.#head.slice(9, 12))
      if (length === undefined) {
        this.#socket.destroy(new Error(`an answer has no length: ${this.#head.slice(0, end)}`))
        return false
      }
      this.#remaining = Number(length) - (this.#head.length - end - 4)
    } else this.#remaining -= chunk.length
    if (this.#remaining > 0) return false
    const pending = this.#pending
    this.#pending = undefined
    pending?.resolve({
      status: this.#status,
      milliseconds: performance.now() - pending.sentAt,
    })
    return true
  }
}
