import { fingerprintOf } from '@dailyfeed/dead-letter/fingerprint'
import type { Log } from '@dailyfeed/http-server/log'
import type { Sql } from 'postgres'
import type { DeadLetterRateLimit } from './dead-letter-rate-limit.ts'
import { insertDeadLetter } from './dead-letter.queries.ts'
import type { Delivery } from './event-validation.ts'

interface DeadLetterStoreOptions {
  sql: Sql
  schema: string
  rateLimit: DeadLetterRateLimit
  log: Pick<Log, 'error'>
}

/** Stores events that a handler failed on permanently, so that the others can pass. */
export class DeadLetterStore {
  readonly #options: DeadLetterStoreOptions

  constructor(options: DeadLetterStoreOptions) {
    this.#options = options
  }

  /**
   * Throws SERVICE_UNAVAILABLE when there were too many within a minute, and whatever the database
   * throws.
   */
  async deadLetter(
    handler: string,
    delivery: Delivery,
    eventId: string | undefined,
    failure: unknown,
  ): Promise<void> {
    const { sql, schema, rateLimit, log } = this.#options
    rateLimit.checkOrThrow()
    const { source, record } = delivery
    const { name, message, stack } = failure instanceof Error ? failure : new Error(String(failure))
    const fingerprint = fingerprintOf(schema, handler, name, message)
    const isNew = await insertDeadLetter(sql, schema, {
      step: handler,
      eventId,
      source,
      payload: payloadOf(delivery),
      record,
      errorClass: name,
      message,
      stack,
      fingerprint,
    })
    if (isNew) rateLimit.count()
    log.error(
      { schema, step: handler, eventId, source, fingerprint, err: failure },
      'event stored as a dead letter; processing continues without it',
    )
  }
}

/** The event byte for byte as it came from Kafka, or as JSON when it came over HTTP. */
const payloadOf = ({ event, record }: Delivery): Buffer =>
  record === undefined
    ? Buffer.from(JSON.stringify(event) ?? 'null')
    : (record.value ?? Buffer.alloc(0))
