import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer } from 'node:net'

interface CommitCutter {
  port: number
  stop(): Promise<void>
}

const COMMITTED = 'COMMIT\0'

/**
 * Starts a proxy in front of PostgreSQL that resets the connection instead of forwarding the n-th
 * answer to a COMMIT: the server has committed, and the client receives no answer.
 */
export async function startCommitCutter(
  target: { port: number },
  commit: number,
): Promise<CommitCutter> {
  let commits = 0
  const server = createServer((client) => {
    const upstream = createConnection({ host: '127.0.0.1', port: target.port })
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('close', end).on('error', end)
    client.pipe(upstream)
    upstream.on('data', (chunk) => {
      commits += chunk.toString('latin1').split(COMMITTED).length - 1
      if (commits >= commit) end()
      else client.write(chunk)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close()
      await once(server, 'close')
    },
  }
}
