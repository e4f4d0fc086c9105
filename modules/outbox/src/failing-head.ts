/** How often the oldest event has to fail directly after the next one was accepted. */
const PROOFS = 3

/**
 * Distinguishes an event that its destination cannot process from a destination that is unavailable: the former fails alone
 * while the next event is accepted. Without such an event to compare with, the oldest one waits.
 */
export class FailingHead {
  #id: number | undefined
  #proofs = 0

  /** Whether this event failed alone the last time, so that the next one is tried before it. */
  isSuspected(id: number): boolean {
    return this.#id === id
  }

  get hasSuspect(): boolean {
    return this.#id !== undefined
  }

  /** The event failed alone. Returns whether it is given up. */
  failedAlone(id: number, wasNextAccepted: boolean): boolean {
    if (this.#id !== id) this.#proofs = 0
    this.#id = id
    if (wasNextAccepted) this.#proofs += 1
    return this.#proofs >= PROOFS
  }

  clear(): void {
    this.#id = undefined
    this.#proofs = 0
  }
}
