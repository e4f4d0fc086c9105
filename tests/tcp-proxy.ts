import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { freePort } from '@dailyfeed/platform/free-port'

/** A TCP link between two processes that can be cut, held and slowed. */
export interface TcpProxy {
  port: number
  /** The number of connections that clients have attempted, refused ones included. */
  attempts(): number
  /** Resets every connection at once. */
  cut(): void
  /** Ends every open connection after this many more bytes in each direction, mid-message. */
  cutAfter(bytesOf: () => number): void
  /** Resets every connection and refuses new ones until `open`. */
  close(): void
  /** Forwards the bytes of the server with every bit changed, until `open`. */
  garble(): void
  /** Accepts connections, forwards everything, without delay. */
  open(): void
  /** Keeps connections open but forwards nothing until `open`. */
  hold(): void
  /** Delays everything by this many milliseconds, until `open`. */
  slow(milliseconds: number): void
  stop(): Promise<void>
}

/** The conditions that apply to all links, in both directions. */
interface Conditions {
  isHeld: boolean
  isGarbled: boolean
  delay: number
}

interface Link {
  cut(): void
  cutAfter(bytesOf: () => number): void
  /** Forwards what was held. */
  release(): void
}

/** Starts a proxy in front of a server on the loopback address. */
export async function startTcpProxy(target: { port: number }): Promise<TcpProxy> {
  const links = new Set<Link>()
  const conditions: Conditions = { isHeld: false, isGarbled: false, delay: 0 }
  let isOpen = true
  let attempts = 0

  const server = createServer((client) => {
    attempts += 1
    if (isOpen) linkTo(client)
    else client.resetAndDestroy()
  })

  function linkTo(client: Socket): void {
    const upstream = createConnection({ host: '127.0.0.1', port: target.port, noDelay: true })
    client.setNoDelay(true)
    const directions = [
      forward(client, upstream, conditions, (chunk) => chunk),
      forward(upstream, client, conditions, (chunk) =>
        conditions.isGarbled ? chunk.map((byte) => ~byte) : chunk,
      ),
    ]
    const link: Link = {
      cut() {
        links.delete(link)
        client.resetAndDestroy()
        upstream.resetAndDestroy()
      },
      cutAfter(bytesOf) {
        for (const direction of directions) direction.endAfter(bytesOf())
      },
      release() {
        for (const direction of directions) direction.release()
      },
    }
    const end = () => {
      links.delete(link)
      client.destroy()
      upstream.destroy()
    }
    links.add(link)
    for (const socket of [client, upstream]) {
      socket.on('error', link.cut)
      socket.on('close', end)
    }
  }

  server.listen(await freePort(), '127.0.0.1')
  await once(server, 'listening')

  const cut = () => {
    for (const link of [...links]) link.cut()
  }
  return {
    port: (server.address() as AddressInfo).port,
    attempts: () => attempts,
    cut,
    cutAfter(bytesOf) {
      for (const link of links) link.cutAfter(bytesOf)
    },
    close() {
      isOpen = false
      cut()
    },
    open() {
      isOpen = true
      conditions.isHeld = false
      conditions.isGarbled = false
      conditions.delay = 0
      for (const link of links) link.release()
    },
    hold() {
      conditions.isHeld = true
    },
    garble() {
      conditions.isGarbled = true
    },
    slow(milliseconds) {
      conditions.delay = milliseconds
    },
    async stop() {
      cut()
      server.close()
    },
  }
}

/** Forwards one direction of a link, under conditions that may change at any time. */
function forward(
  from: Socket,
  to: Socket,
  conditions: Conditions,
  change: (chunk: Buffer) => Uint8Array,
) {
  const held: Uint8Array[] = []
  const delayed: Uint8Array[] = []
  let bytesLeft = Number.POSITIVE_INFINITY

  /** Forwards the oldest delayed chunk: a delay that became shorter must not reorder them. */
  function forwardDelayed(): void {
    const chunk = delayed.shift()
    if (chunk === undefined) return
    if (conditions.isHeld) held.push(chunk)
    else if (to.writable) to.write(chunk)
  }

  from.on('data', (received) => {
    const chunk = change(received)
    if (chunk.length >= bytesLeft) {
      // The remaining bytes still arrive, followed by the end of the stream.
      to.end(chunk.subarray(0, bytesLeft))
      from.resetAndDestroy()
      return
    }
    bytesLeft -= chunk.length
    if (conditions.delay > 0 || delayed.length > 0) {
      delayed.push(chunk)
      setTimeout(forwardDelayed, conditions.delay)
    } else if (conditions.isHeld) held.push(chunk)
    else if (!to.write(chunk)) {
      from.pause()
      to.once('drain', () => from.resume())
    }
  })
  return {
    endAfter(bytes: number) {
      bytesLeft = bytes
    },
    release() {
      for (const chunk of held.splice(0)) to.write(chunk)
    },
  }
}
