import type { ServerProcess } from './server-process.ts'

const CHECK_MILLISECONDS = 500
const FIRST_DELAY = 1_000
const LONGEST_DELAY = 60_000
/** A server that ran for this long has recovered: after its next end it starts with the first delay. */
const STABLE_MILLISECONDS = 60_000

/**
 * Starts a server again that has ended by itself (Kafka does when its disk is full), after delays
 * that double. Returns a function that ends this; it does not stop the server.
 */
export function keepRunning(
  name: string,
  server: Pick<ServerProcess, 'pid' | 'start'>,
  say: (line: string) => void,
): () => Promise<void> {
  let delay = FIRST_DELAY
  let startedAt = performance.now()
  let restartAt: number | undefined
  let starting: Promise<void> = Promise.resolve()

  function check(): void {
    const now = performance.now()
    if (server.pid() !== undefined) {
      restartAt = undefined
      if (now - startedAt > STABLE_MILLISECONDS) delay = FIRST_DELAY
      return
    }
    if (restartAt === undefined) {
      restartAt = now + delay
      say(`${name} ended unexpectedly; it is started again in ${delay / 1_000} s`)
      delay = Math.min(delay * 2, LONGEST_DELAY)
      return
    }
    if (now < restartAt) return
    startedAt = now
    restartAt = undefined
    starting = server.start().catch(() => {})
  }

  const timer = setInterval(check, CHECK_MILLISECONDS)
  return () => {
    clearInterval(timer)
    return starting
  }
}
