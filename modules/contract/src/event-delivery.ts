/** Internal routes by which an outbox delivers events to a listener over HTTP, and asks which ones it lacks. */
export const EVENTS_PATH = '/internal/member-activity-events'
export const MISSING_EVENTS_PATH = '/internal/member-activity-events/missing'

/** A listener's answer on MISSING_EVENTS_PATH. */
export interface MissingEvents {
  /** Ids of events that it has neither processed nor kept as dead letters. */
  missing: string[]
  /** Records that its consumer group has still to read: a missing event may only be late. */
  lag: number
}
