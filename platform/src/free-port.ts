import { createServer } from 'node:net'

/** A free port below the range of outgoing connections, so that a restarted server can use its port again. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (isFree) {
      await new Promise((resolve) => server.close(resolve))
      return port
    }
  }
  throw new Error('no free port found between 20000 and 32000')
}
