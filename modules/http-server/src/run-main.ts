import type { RunningService } from './running-service.ts'

/** Longer than any request may take; then the process ends all the same. */
const SHUTDOWN_MILLISECONDS = 9_500

/** The whole life of a service's own process: start, say where, end on SIGTERM or SIGINT with 0; one line and 1 when it cannot start. */
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

/** What went wrong at start, in one line. */
export function startFailureOf(error: unknown): string {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE')
    return `port ${port} is in use; end what uses it or set PORT to another`
  return message ?? String(error)
}
