import type { AddressInfo } from 'node:net'
import type { HttpServer } from './http-server.ts'

/** A service that listens. `close` lets what is under way finish, then frees everything. */
export interface RunningService {
  name: string
  url: string
  close(): Promise<void>
}

interface ListenOptions {
  name: string
  app: HttpServer
  host: string
  port: number
  /** What to stop after the last request, in order. */
  closeAfter?: (() => Promise<void>)[]
}

const SWEEP_MILLISECONDS = 100

export async function listen({
  name,
  app,
  host,
  port,
  closeAfter = [],
}: ListenOptions): Promise<RunningService> {
  await app.listen({ host, port })
  const address = app.server.address() as AddressInfo
  return {
    name,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    async close() {
      app.startDraining()
      // A connection that was busy when the server began to close becomes idle later; nobody else would look again.
      const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MILLISECONDS)
      await app.close().finally(() => clearInterval(sweep))
      for (const stop of closeAfter) await stop()
    },
  }
}
