import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** One effect that events have in a service, with failures and dead letters of its own. */
export interface EventHandler {
  /** Stored with inbox rows and dead letters, and therefore never renamed. */
  name: string
  handles(event: MemberActivityEvent): boolean
  /**
   * Whether an inbox guarantees that each event takes effect once. False only where the effect itself detects a duplicate
   * (an upsert of a newer version).
   */
  usesInbox: boolean
  /**
   * Applies the effect: in one transaction with the inbox, or without an inbox in no transaction, so that a single
   * statement costs one round trip. Returns the number of events that changed something. A handler that isolates failures
   * itself throws EventsFailedError; whatever else it throws makes the whole batch fail.
   */
  apply(sql: Queryable, events: MemberActivityEvent[]): Promise<number>
  /**
   * The events that have not taken effect. Required without an inbox, since then only the effect
   * can answer.
   */
  findMissing?(sql: Queryable, events: MemberActivityEvent[]): Promise<MemberActivityEvent[]>
}

/** Thrown by a handler without an inbox: these events failed, each by itself, and all others were applied. */
export class EventsFailedError extends Error {
  override name = 'EventsFailedError'
  readonly failed: ReadonlyMap<string, unknown>
  /** The number of other events that changed something. */
  readonly applied: number

  constructor(failed: readonly { eventId: string; error: unknown }[], applied: number) {
    super(`${failed.length} events failed by themselves`, { cause: failed[0]?.error })
    this.failed = new Map(failed.map(({ eventId, error }) => [eventId, error]))
    this.applied = applied
  }
}
