import { DailyfeedError } from '@dailyfeed/contract/errors'
import underPressure from '@fastify/under-pressure'
import type { HttpServer } from './http-server.ts'

export interface OverloadOptions {
  /** Mean delay of the event loop in milliseconds, over one second, above which requests are shed. */
  maxEventLoopDelay?: number
  /** Milliseconds after listening in which nothing is shed: loading the code and opening connections delays the loop, too. */
  startMilliseconds?: number
}

const RETRY_AFTER_SECONDS = 2

/**
 * Answers 503 with Retry-After while the event loop lags, before the backlog grows beyond what can be answered in time.
 * Only a server that listens sheds requests.
 */
export async function shedOverload(
  app: HttpServer,
  { maxEventLoopDelay = 1_000, startMilliseconds = 5_000 }: OverloadOptions = {},
): Promise<void> {
  let startEndsAt = Number.POSITIVE_INFINITY
  app.addHook('onListen', async () => {
    startEndsAt = performance.now() + startMilliseconds
  })
  await app.register(underPressure, {
    maxEventLoopDelay,
    async pressureHandler() {
      if (performance.now() >= startEndsAt)
        throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: RETRY_AFTER_SECONDS })
    },
  })
}
