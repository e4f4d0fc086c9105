/**
 * Internal routes of a listener: to deliver events to it over HTTP, and to query which events have
 * not taken effect.
 */
export const EVENTS_PATH = '/internal/member-activity-events'
export const MISSING_EVENTS_PATH = '/internal/member-activity-events/missing'

/** A listener's answer to MISSING_EVENTS_PATH. */
export interface MissingEvents {
  /** Ids of events that it has neither applied nor stored as dead letters. */
  missing: string[]
  /** Number of records that its consumer groups have not read yet: a missing event may be among them. */
  lag: number
}
