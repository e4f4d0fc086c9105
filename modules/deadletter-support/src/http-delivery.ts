import type { ServiceClient } from '@dailyfeed/service-client/service-client'
import type { Deliver } from './relay.ts'

export const EVENTS_PATH = '/internal/member-activity-events'

/** Delivery over HTTP, the embedded transport: the subscriber answers when it has committed. */
export const deliverOverHttp =
  (subscriber: ServiceClient): Deliver =>
  async (events) => {
    await subscriber.post(EVENTS_PATH, { events })
  }
