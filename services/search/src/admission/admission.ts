import { Bulkhead, BulkheadFullError, KeyedBulkhead } from '@dailyfeed/concurrency/bulkhead'
import { DailyfeedError, type ErrorCode } from '@dailyfeed/contract/errors'
import { Counter, Gauge, type Registry } from 'prom-client'

interface AdmissionOptions {
  /** Searches that run at once in this process. */
  maxInFlight: number
  /** Searches of one member that run at once. */
  maxInFlightPerMember: number
}

/** Milliseconds: a search takes tens of them, so a longer queue does not empty in time. */
const MAX_WAIT = 1_000
const RETRY_AFTER_SECONDS = 1
/** Waiting searches for each one that may run. */
const WAITING_PER_PLACE = 4

/**
 * Keeps searches from occupying the database: a member has few at once, and so has the process, so
 * that one member's searches never wait behind all those of another.
 */
export class SearchAdmission {
  readonly #ofProcess: Bulkhead
  readonly #ofMembers: KeyedBulkhead<number>
  readonly #refusals: Record<'member' | 'process', number> = { member: 0, process: 0 }

  constructor({ maxInFlight, maxInFlightPerMember }: AdmissionOptions) {
    const bounds = (places: number) => ({
      places,
      maxWaiting: places * WAITING_PER_PLACE,
      maxWait: MAX_WAIT,
    })
    this.#ofProcess = new Bulkhead(bounds(maxInFlight))
    this.#ofMembers = new KeyedBulkhead(bounds(maxInFlightPerMember))
  }

  /**
   * The outcome of `search`. Throws TOO_MANY_REQUEST while the member has too many searches in
   * flight, and SERVICE_UNAVAILABLE while the process has, both with Retry-After.
   */
  admit<Outcome>(memberId: number, search: () => Promise<Outcome>): Promise<Outcome> {
    return this.#refuseAs('TOO_MANY_REQUEST', 'member', () =>
      this.#ofMembers.run(memberId, () =>
        this.#refuseAs('SERVICE_UNAVAILABLE', 'process', () => this.#ofProcess.run(search)),
      ),
    )
  }

  async #refuseAs<Outcome>(
    code: ErrorCode,
    by: 'member' | 'process',
    run: () => Promise<Outcome>,
  ): Promise<Outcome> {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof BulkheadFullError)) throw error
      this.#refusals[by] += 1
      throw new DailyfeedError(code, { retryAfterSeconds: RETRY_AFTER_SECONDS, cause: error })
    }
  }

  registerMetrics(registry: Registry): void {
    const searches = this.#ofProcess
    new Gauge({
      name: 'search_in_flight',
      help: 'Searches that run now',
      registers: [registry],
      collect() {
        this.set(searches.running)
      },
    })
    new Gauge({
      name: 'search_waiting',
      help: 'Searches that wait for a place',
      registers: [registry],
      collect() {
        this.set(searches.waiting)
      },
    })
    const refusals = this.#refusals
    new Counter({
      name: 'search_refused_total',
      help: 'Searches refused because the member, or the process, had too many in flight',
      labelNames: ['by'] as const,
      registers: [registry],
      collect() {
        this.reset()
        for (const by of ['member', 'process'] as const) this.inc({ by }, refusals[by])
      },
    })
  }
}
