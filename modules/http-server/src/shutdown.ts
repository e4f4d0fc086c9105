import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpServer } from './http-server.ts'

/** The settings of `serverSettings` that decide how a process ends. */
export interface ShutdownConfig {
  SHUTDOWN_DELAY_SECONDS?: number | undefined
  SHUTDOWN_TIMEOUT_SECONDS?: number | undefined
  KUBERNETES_SERVICE_HOST?: string | undefined
}

/** Kubernetes needs a few seconds until no proxy sends new connections to a pod that ends. */
const KUBERNETES_DELAY_SECONDS = 5
const DEFAULT_TIMEOUT_SECONDS = 9
/** The share of the time-out that is left to release everything else after the last request. */
const RELEASE_SHARE = 0.25
const SWEEP_MILLISECONDS = 100

interface ShutdownTimes {
  /** Milliseconds for which requests are still accepted. */
  delay: number
  /** Milliseconds after the delay until connections are closed, whatever they wait for. */
  drain: number
  /** Milliseconds after which the process ends anyway. */
  total: number
}

export function shutdownTimesOf(config: ShutdownConfig): ShutdownTimes {
  const isKubernetes = config.KUBERNETES_SERVICE_HOST !== undefined
  const delay =
    1_000 * (config.SHUTDOWN_DELAY_SECONDS ?? (isKubernetes ? KUBERNETES_DELAY_SECONDS : 0))
  const timeout = 1_000 * (config.SHUTDOWN_TIMEOUT_SECONDS ?? DEFAULT_TIMEOUT_SECONDS)
  return { delay, drain: timeout * (1 - RELEASE_SHARE), total: delay + timeout }
}

/**
 * Ends a server without refusing a request: during the delay it is unready and serves what still
 * arrives, each answer with `connection: close`, so that clients take their next request elsewhere.
 * Then it stops to listen, ends its streams, and completes the requests in progress.
 */
export async function drain(
  app: HttpServer,
  { delay, drain }: ShutdownTimes,
  closeUnused: () => void,
): Promise<void> {
  app.startDraining()
  if (delay > 0) {
    retireConnections(app.server)
    await sleep(delay, undefined, { ref: false })
  }
  // A connection that was busy when closing began becomes idle later; Node does not close it then.
  const sweep = setInterval(() => {
    app.server.closeIdleConnections()
    closeUnused()
  }, SWEEP_MILLISECONDS)
  const cut = setTimeout(() => app.server.closeAllConnections(), drain)
  await app.close().finally(() => {
    clearInterval(sweep)
    clearTimeout(cut)
  })
}

/** A listener of the server instead of a hook of the application: it costs nothing until now. */
function retireConnections(server: Server): void {
  server.prependListener('request', (_request, response) => {
    response.shouldKeepAlive = false
  })
}
