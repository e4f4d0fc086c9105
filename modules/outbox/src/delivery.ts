/** The destination refused this very batch: sending it again unchanged is in vain. */
export class DeliveryRefusedError extends Error {
  override name = 'DeliveryRefusedError'
}

/** The destination cannot be reached, or cannot take it now. */
export class DestinationAwayError extends Error {
  override name = 'DestinationAwayError'
}

/** An event as it travels. */
export interface OutgoingEvent {
  /** Events of one key keep their order. */
  partitionKey: string
  /** The JSON text of a MemberActivityEvent. */
  json: string
}

/** Where a relay delivers to: Kafka, or one subscriber over HTTP. */
export interface Destination {
  /** Batches that may be on their way at once. Events of one key are never in two of them. */
  readonly lanes: number
  /**
   * Settles when the destination has all of them for good. Throws DeliveryRefusedError or DestinationAwayError; some may
   * have arrived all the same. `now` is the database's clock, milliseconds since 1970.
   */
  deliver(events: readonly OutgoingEvent[], now: number): Promise<void>
  close(): Promise<void>
}
