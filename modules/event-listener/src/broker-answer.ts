import { DailyfeedError } from '@dailyfeed/contract/errors'
import { BrokerAwayError } from '@dailyfeed/kafka-support/broker-fault'

/** Throws KAFKA_NETWORK_ERROR where the brokers do not answer: whoever asked hears that it is not this service that is away. */
export async function brokerAnswerOrThrow<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof BrokerAwayError)
      throw new DailyfeedError('KAFKA_NETWORK_ERROR', { cause: error })
    throw error
  }
}
