import { EVENTS_PATH } from '@dailyfeed/contract/event-delivery'
import type { ServiceClient } from '@dailyfeed/service-client/service-client'
import { ServiceRefusedError } from '@dailyfeed/service-client/service-errors'
import { DeliveryRefusedError, type Destination, DestinationAwayError } from './destination.ts'

/** Delivery to one subscriber over HTTP. The subscriber answers after it has committed. */
export const deliverOverHttp = (subscriber: ServiceClient): Destination => ({
  lanes: 1,
  async deliver(events) {
    try {
      await subscriber.postJson(
        EVENTS_PATH,
        `{"events":[${events.map(({ json }) => json).join(',')}]}`,
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
