import { currentDeadline, DeadlinePassedError } from '@dailyfeed/concurrency/request-deadline'

/** A statement as the driver hands it to `onquery` (patch 005). */
interface StartedQuery {
  /** `onexecute` marks the BEGIN of a transaction. */
  readonly options: { readonly onexecute?: unknown }
  /** Rejects the statement with the reason, and cancels it where that can hit no other one. */
  cancel(reason: Error): void
}

/**
 * Called by the driver for each statement before it is sent. A statement of a request whose deadline has passed is
 * refused; one that runs when the deadline passes is rejected and cancelled in the server. Returns whether it may be
 * sent.
 */
export function stopAtDeadline(query: StartedQuery, isInTransaction: boolean): boolean {
  const deadline = currentDeadline()
  if (deadline === undefined) return true
  if (deadline.remaining <= 0) {
    // A transaction that failed at the deadline still has to send its ROLLBACK.
    if (isInTransaction) return true
    query.cancel(new DeadlinePassedError())
    return false
  }
  // A BEGIN that was sent reserves its connection: it must reach its transaction, which then ends by its next statement.
  if (query.options.onexecute !== undefined) return true
  deadline.onPassed(() => query.cancel(new DeadlinePassedError()))
  return true
}
