/** The destination refused this very batch: sending it again unchanged is in vain. */
export class DeliveryRefusedError extends Error {
  override name = 'DeliveryRefusedError'
}

/** The destination cannot be reached, or cannot accept events at the moment. */
export class DestinationAwayError extends Error {
  override name = 'DestinationAwayError'
}

/** An event as it is sent. */
export interface OutgoingEvent {
  /** Events of one key keep their order. */
  partitionKey: string
  /** The JSON text of a MemberActivityEvent. */
  json: string
}

/** Where a relay delivers to: Kafka, or one subscriber over HTTP. */
export interface Destination {
  /** Number of batches that may be in flight at once. Events of one key are never in two of them. */
  readonly lanes: number
  /**
   * Resolves when the destination has stored all of the events. Throws DeliveryRefusedError or DestinationAwayError; some
   * of the events may have arrived all the same. `now` is the database's clock, in milliseconds since 1970.
   */
  deliver(events: readonly OutgoingEvent[], now: number): Promise<void>
  close(): Promise<void>
}
