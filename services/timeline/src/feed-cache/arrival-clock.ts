/** How many moments are kept; there are this many between two merges of `mergedMs`. */
const MAX_RECORDS = 300
const RECORDS_PER_MERGE = 30

interface ArrivalRecord {
  at: number
  arrivals: number
}

/** Translates moments of the database's clock, in milliseconds, into counts of arrivals in `RecentPosts`. */
export class ArrivalClock {
  /** Milliseconds between two records. */
  readonly interval: number
  /** Oldest first. Every post that is committed after `at` arrives after `arrivals`. */
  #records: ArrivalRecord[] = []

  constructor(mergedMs: number) {
    this.interval = mergedMs / RECORDS_PER_MERGE
  }

  record(at: number, arrivals: number): void {
    if (at < (this.#records.at(-1)?.at ?? 0) + this.interval) return
    this.#records.push({ at, arrivals })
    if (this.#records.length > 2 * MAX_RECORDS) this.#records = this.#records.slice(MAX_RECORDS)
  }

  /** A count such that every post committed after `at` arrived later. Undefined: nothing is known of that time. */
  arrivalsBefore(at: number): number | undefined {
    return this.#records.findLast((record) => record.at < at)?.arrivals
  }

  clear(): void {
    this.#records = []
  }
}
