/**
 * Ctrl-C in a terminal reaches every process of the foreground group, and npm forwards its own copy
 * to its child: two signals of one key.
 */
const SAME_KEY_MILLISECONDS = 250

interface StopSignals {
  /** Called by the first SIGTERM or SIGINT. */
  onFirst(): void
  /** Called by the next one: its sender does not want to wait. */
  onSecond(): void
}

/** Replaces the default effect of SIGTERM and SIGINT, which is to end the process at once. */
export function handleStopSignals({ onFirst, onSecond }: StopSignals): void {
  let firstAt: number | undefined
  const handle = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      firstAt = performance.now()
      onFirst()
    } else if (signal !== 'SIGINT' || performance.now() - firstAt > SAME_KEY_MILLISECONDS) {
      onSecond()
    }
  }
  process.on('SIGTERM', handle)
  process.on('SIGINT', handle)
}
