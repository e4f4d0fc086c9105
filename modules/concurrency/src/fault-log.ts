interface Log {
  warn(fields: object, message: string): void
}

const INTERVAL_MILLISECONDS = 60_000
/** Far more kinds of faults than a service has at once. */
const MAX_KINDS = 100

interface Reported {
  at: number
  /** Faults of the kind since then. */
  suppressed: number
}

/**
 * Logs a fault of a dependency at once and then once a minute, for each kind (code and message), with
 * the number of those in between: an outage of a minute fails thousands of requests.
 */
export class FaultLog {
  readonly #reported = new Map<string, Reported>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  warn(log: Log, error: unknown, message: string, fields: object = {}): void {
    const kind = `${faultCodeOf(error)} ${message}`
    const last = this.#reported.get(kind)
    const now = this.#now()
    if (last !== undefined && now - last.at < INTERVAL_MILLISECONDS) {
      last.suppressed += 1
      return
    }
    log.warn({ ...fields, err: error, suppressed: last?.suppressed ?? 0 }, message)
    if (this.#reported.size >= MAX_KINDS) this.#reported.clear()
    this.#reported.set(kind, { at: now, suppressed: 0 })
  }
}

/** SQLSTATE of an error of PostgreSQL, code of a system error, otherwise the name. */
export function faultCodeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  if ('code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : 'unknown'
}
