import { EVENTS_PATH } from '@dailyfeed/contract/event-delivery'
import type { ServiceClient } from '@dailyfeed/service-client/service-client'
import { ServiceRefusedError } from '@dailyfeed/service-client/service-errors'
import { DeliveryRefusedError, type Destination, DestinationAwayError } from './destination.ts'

/**
 * Longer than a statement of the subscriber may take (10 s), so that it can answer after one has failed; shorter than a
 * step of the relay.
 */
const READ_TIMEOUT_MILLISECONDS = 25_000

/** Delivery to one subscriber over HTTP. The subscriber answers after it has committed. */
export const deliverOverHttp = (subscriber: ServiceClient): Destination => ({
  lanes: 1,
  async deliver(events) {
    try {
      await subscriber.postJson(
        EVENTS_PATH,
        `{"events":[${events.map(({ json }) => json).join(',')}]}`,
        { readTimeoutMilliseconds: READ_TIMEOUT_MILLISECONDS },
      )
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw error instanceof ServiceRefusedError
        ? new DeliveryRefusedError(message, { cause: error })
        : new DestinationAwayError(message, { cause: error })
    }
  },
  close: () => subscriber.close(),
})
