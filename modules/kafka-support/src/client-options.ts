import type { BaseOptions } from '@platformatic/kafka'
import type { KafkaConnection } from './kafka-settings.ts'

/** What every client of ours is made with. `clientId` is shown in the brokers' logs. */
export function clientOptionsOf(
  { brokers, tls, sasl }: KafkaConnection,
  clientId: string,
): BaseOptions {
  return {
    clientId,
    bootstrapBrokers: brokers,
    // The library's own are 5 s and 30 s: a hung broker would cost half a minute an attempt.
    connectTimeout: 2_000,
    requestTimeout: 3_000,
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
  }
}

/** An `error` event that nobody hears would end the process; what failed is told by the call that failed too. */
export function ignoreErrorEvents(client: {
  on(event: 'error', listener: (error: Error) => void): unknown
}): void {
  client.on('error', () => {})
}
