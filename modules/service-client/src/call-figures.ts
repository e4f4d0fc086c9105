import type { CallOutcome } from './call-outcome.ts'

/** Counts of one client since its start. */
export class CallFigures {
  readonly outcomes = new Map<CallOutcome, number>()
  retries = 0
  /** Retries that the budget did not allow. */
  withheldRetries = 0
  slowCalls = 0
  /** Reads that shared a call in flight. */
  sharedReads = 0

  recordOutcome(outcome: CallOutcome): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
  }
}
