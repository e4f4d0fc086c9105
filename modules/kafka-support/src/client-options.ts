import type { BaseOptions } from '@platformatic/kafka'
import type { KafkaConnection } from './kafka-settings.ts'

/** Options of every Kafka client. The brokers log the `clientId`. */
export function clientOptionsOf(
  { brokers, tls, sasl }: KafkaConnection,
  clientId: string,
): BaseOptions {
  return {
    clientId,
    bootstrapBrokers: brokers,
    // With the library's defaults, 5 s and 30 s, a hung broker costs half a minute per attempt.
    connectTimeout: 2_000,
    requestTimeout: 3_000,
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
  }
}

/** An unhandled `error` event crashes the process; the failing call reports the error. */
export function ignoreErrorEvents(client: {
  on(event: 'error', listener: (error: Error) => void): unknown
}): void {
  client.on('error', () => {})
}
