import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { freePort } from '@dailyfeed/platform/free-port'

/** A link between two processes that can be cut and slowed. */
export interface TcpProxy {
  port: number
  /** Ends every connection at once, in the middle of whatever is said. */
  cut(): void
  /** Each connection that is there ends in the middle of a message: in each direction after so many bytes more. */
  cutAfter(bytesOf: () => number): void
  /** New connections are refused, and those that are there are ended. */
  close(): void
  open(): void
  /** Connections stay, and nothing passes. */
  hold(): void
  /** Everything passes so many milliseconds later. */
  slow(milliseconds: number): void
  stop(): Promise<void>
}

/** In front of a server on the loopback address. */
export async function startTcpProxy(target: { port: number }): Promise<TcpProxy> {
  const links = new Set<{ cut(): void; cutAfter(bytesOf: () => number): void; go(): void }>()
  let isOpen = true
  let isHeld = false
  let delay = 0

  function pass(from: Socket, to: Socket) {
    const waiting: Buffer[] = []
    /** On its way, slowly. */
    const later: Buffer[] = []
    let left = Number.POSITIVE_INFINITY
    const go = () => {
      for (const chunk of waiting.splice(0)) to.write(chunk)
    }
    // The first that is on its way, whichever was sent when: a link that became quick again changes no order.
    const arrive = () => {
      const chunk = later.shift() as Buffer
      if (isHeld) waiting.push(chunk)
      else if (to.writable) to.write(chunk)
    }
    from.on('data', (chunk) => {
      if (chunk.length >= left) {
        // The part still arrives, and after it the end.
        to.end(chunk.subarray(0, left))
        from.resetAndDestroy()
        return
      }
      left -= chunk.length
      if (delay > 0 || later.length > 0) {
        later.push(chunk)
        setTimeout(arrive, delay)
      } else if (isHeld) waiting.push(chunk)
      else if (!to.write(chunk)) {
        from.pause()
        to.once('drain', () => from.resume())
      }
    })
    const endAfter = (bytes: number) => {
      left = bytes
    }
    return { go, endAfter }
  }

  const server = createServer((client) => {
    if (!isOpen) return void client.resetAndDestroy()
    const upstream = createConnection({ host: '127.0.0.1', port: target.port, noDelay: true })
    client.setNoDelay(true)
    const [forth, back] = [pass(client, upstream), pass(upstream, client)]
    const link = {
      cut() {
        links.delete(link)
        client.resetAndDestroy()
        upstream.resetAndDestroy()
      },
      cutAfter(bytesOf: () => number) {
        forth.endAfter(bytesOf())
        back.endAfter(bytesOf())
      },
      go() {
        forth.go()
        back.go()
      },
    }
    // One side that ends ends the other, as it did.
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
  })
  server.listen(await freePort(), '127.0.0.1')
  await once(server, 'listening')

  const cut = () => {
    for (const link of [...links]) link.cut()
  }
  return {
    port: (server.address() as { port: number }).port,
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
      isHeld = false
      delay = 0
      for (const link of links) link.go()
    },
    hold() {
      isHeld = true
    },
    slow(milliseconds) {
      delay = milliseconds
    },
    async stop() {
      cut()
      server.close()
    },
  }
}
