import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { componentOf, type Dependency } from './dependency.ts'
import type { HttpServer } from './http-server.ts'
import { configureLoadGuard, type OverloadSettings } from './load-guard.ts'
import { drain, type ShutdownConfig, shutdownTimesOf } from './shutdown.ts'
import type { StartWait } from './start-wait.ts'

/** A service that accepts requests. */
export interface RunningService {
  name: string
  url: string
  /** Answers requests without a socket, for a gateway in the same process. */
  handler: Pick<HttpServer, 'routing' | 'inject'>
  /** Milliseconds that `close` should take at most; after them the process may end anyway. */
  closesWithin: number
  /** Resolves when the service is ready for the first time, or closes. */
  untilReady(): Promise<void>
  /**
   * Announces the end by its readiness, completes requests in progress, then releases everything.
   * Further calls share the outcome.
   */
  close(): Promise<void>
}

interface ListenOptions {
  name: string
  app: HttpServer
  config: { HOST: string; PORT: number } & ShutdownConfig & Partial<OverloadSettings>
  /** The servers and services that this one depends on, where configured; GET /healthz/ready names them. */
  dependencies?: readonly (Dependency | undefined)[]
  /** Taken over once the server listens, and released after the last request in reverse order of their opening. */
  resources?: AsyncDisposableStack
  /** Listens on the same port until now. */
  startWait?: StartWait
}

/**
 * Starts to accept requests. When it throws, `resources` still belongs to the caller. A caller that declares them with
 * `await using` must write `return await listen(…)`: a bare `return` would release them before the server listens.
 */
export async function listen({
  name,
  app,
  config,
  dependencies = [],
  resources,
  startWait,
}: ListenOptions): Promise<RunningService> {
  const { HOST: host, PORT: port } = config
  configureLoadGuard(config)
  for (const dependency of dependencies)
    if (dependency !== undefined) app.components.register(componentOf(dependency))
  const closeUnused = unusedConnectionsOf(app.server)
  await app.ready()
  await startWait?.close()
  await app.listen({ host, port })
  const owned = resources?.move()
  const address = app.server.address() as AddressInfo
  const times = shutdownTimesOf(config)
  let closing: Promise<void> | undefined

  async function close(): Promise<void> {
    await drain(app, times, closeUnused)
    await owned?.disposeAsync()
  }

  return {
    name,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    handler: app,
    closesWithin: times.total,
    untilReady: () => app.untilReady(),
    close() {
      closing ??= close()
      return closing
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
