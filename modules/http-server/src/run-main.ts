import type { RunningService } from './running-service.ts'

/** Longer than any request may take; after it the process ends anyway. */
const SHUTDOWN_MILLISECONDS = 9_500

/**
 * Runs one service in its own process: starts it, prints its address, and stops it on SIGTERM or SIGINT with exit code 0.
 * A failed start prints one line and exits with 1.
 */
export async function runMain(start: () => Promise<RunningService>): Promise<void> {
  let service: RunningService
  try {
    service = await start()
  } catch (error) {
    process.stderr.write(`${startFailureOf(error)}\n`)
    process.exit(1)
  }
  process.stdout.write(`${service.name} listens on ${service.url}\n`)
  const stop = () => {
    setTimeout(() => process.exit(1), SHUTDOWN_MILLISECONDS).unref()
    service.close().then(
      () => process.exit(0),
      (error) => {
        process.stderr.write(
          `${service.name} did not stop cleanly: ${error instanceof Error ? error.message : error}\n`,
        )
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

/** The cause of a failed start, in one line. */
export function startFailureOf(error: unknown): string {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE')
    return `port ${port} is in use; stop the program that uses it, or set PORT to another port`
  return message ?? String(error)
}
