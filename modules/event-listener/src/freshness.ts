import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { Counter, Histogram } from 'prom-client'

/**
 * Returns a function for a listener's `onHandled`, which measures how many events took effect and
 * how late.
 */
export function measureFreshness(
  app: HttpServer,
): (events: readonly MemberActivityEvent[]) => void {
  const handled = new Counter({
    name: 'listener_events_total',
    help: 'Events that were processed',
    registers: [app.metrics],
  })
  const freshness = new Histogram({
    name: 'listener_event_age_seconds',
    help: 'Time from the commit of an action to its effect here, by the oldest event of each batch',
    buckets: [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600],
    registers: [app.metrics],
  })
  return (events) => {
    handled.inc(events.length)
    let oldest = Number.POSITIVE_INFINITY
    for (const { occurredAt } of events) oldest = Math.min(oldest, Date.parse(occurredAt))
    // The clocks of two machines may differ by more than an event is old.
    if (events.length > 0) freshness.observe(Math.max(0, (Date.now() - oldest) / 1_000))
  }
}
