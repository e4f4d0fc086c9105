import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { Counter, Histogram } from 'prom-client'

/** For a listener's `onHandled`: how many events took effect, and how long after they happened. */
export function measureFreshness(
  app: HttpServer,
): (events: readonly MemberActivityEvent[]) => void {
  const handled = new Counter({
    name: 'listener_events_total',
    help: 'Events that were taken up',
    registers: [app.metrics],
  })
  const freshness = new Histogram({
    name: 'listener_event_age_seconds',
    help: 'Time from the commit of an act to its effect here; of each batch its oldest event',
    buckets: [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600],
    registers: [app.metrics],
  })
  return (events) => {
    handled.inc(events.length)
    let oldest = Number.POSITIVE_INFINITY
    for (const { occurredAt } of events) oldest = Math.min(oldest, Date.parse(occurredAt))
    // Clocks of two machines may differ by more than an event takes.
    if (events.length > 0) freshness.observe(Math.max(0, (Date.now() - oldest) / 1_000))
  }
}
