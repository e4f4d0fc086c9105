import type { RunningService } from './running-service.ts'
import { handleStopSignals } from './stop-signals.ts'

/**
 * Runs one service in its own process: starts it, prints its address, and stops it on SIGTERM or SIGINT with exit code 0.
 * A failed start prints one line and exits with 1. A second signal ends the process at once, and so does a signal during
 * the start, when no request has been accepted yet.
 */
export async function runMain(start: () => Promise<RunningService>): Promise<void> {
  let service: RunningService | undefined
  handleStopSignals({
    onFirst: () => (service === undefined ? process.exit(0) : void stopService(service)),
    onSecond: () => process.exit(1),
  })
  try {
    service = await start()
  } catch (error) {
    process.stderr.write(`${startFailureOf(error)}\n`)
    process.exit(1)
  }
  process.stdout.write(`${service.name} listens on ${service.url}\n`)
}

async function stopService(service: RunningService): Promise<never> {
  setTimeout(() => process.exit(1), service.closesWithin).unref()
  try {
    await service.close()
    return process.exit(0)
  } catch (error) {
    const reason = error instanceof Error ? error.message : error
    process.stderr.write(`${service.name} did not stop cleanly: ${reason}\n`)
    return process.exit(1)
  }
}

/** The cause of a failed start, in one line. */
export function startFailureOf(error: unknown): string {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE')
    return `port ${port} is in use; stop the program that uses it, or set PORT to another port`
  return message ?? String(error)
}
