import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { HttpServer } from './http-server.ts'

/** A service that accepts requests. `close` completes requests in progress, then releases everything. */
export interface RunningService {
  name: string
  url: string
  /** Answers requests without a socket, for a gateway in the same process. */
  handler: Pick<HttpServer, 'routing' | 'inject'>
  close(): Promise<void>
}

interface ListenOptions {
  name: string
  app: HttpServer
  host: string
  port: number
  /** Taken over once the server listens, and released after the last request in reverse order of their opening. */
  resources?: AsyncDisposableStack
}

const SWEEP_MILLISECONDS = 100

/**
 * Starts to accept requests. When it throws, `resources` still belongs to the caller. A caller that declares them with
 * `await using` must write `return await listen(…)`: a bare `return` would release them before the server listens.
 */
export async function listen({
  name,
  app,
  host,
  port,
  resources,
}: ListenOptions): Promise<RunningService> {
  const closeUnused = unusedConnectionsOf(app.server)
  await app.listen({ host, port })
  const owned = resources?.move()
  const address = app.server.address() as AddressInfo
  return {
    name,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    handler: app,
    async close() {
      app.startDraining()
      // A connection that was busy when closing began becomes idle later; Node does not close it then.
      const sweep = setInterval(() => {
        app.server.closeIdleConnections()
        closeUnused()
      }, SWEEP_MILLISECONDS)
      await app.close().finally(() => clearInterval(sweep))
      await owned?.disposeAsync()
    },
  }
}

/**
 * Returns a function that closes connections on which nothing has ever arrived. Node.js does not
 * count them as idle, and no longer applies its own time limits once a server is closing.
 */
function unusedConnectionsOf(server: Server): () => void {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return () => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  }
}
