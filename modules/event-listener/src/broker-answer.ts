import { DailyfeedError } from '@dailyfeed/contract/errors'
import { BrokerAwayError } from '@dailyfeed/kafka-support/broker-fault'

/**
 * Throws KAFKA_NETWORK_ERROR when the brokers are unreachable, so that callers do not take this
 * service for unavailable.
 */
export async function brokerAnswerOrThrow<Answer>(request: Promise<Answer>): Promise<Answer> {
  try {
    return await request
  } catch (error) {
    if (error instanceof BrokerAwayError)
      throw new DailyfeedError('KAFKA_NETWORK_ERROR', { cause: error })
    throw error
  }
}
