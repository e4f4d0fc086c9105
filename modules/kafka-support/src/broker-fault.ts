/** The brokers are unreachable, do not answer, or refuse for now: the same send may succeed later. */
export class BrokerAwayError extends Error {
  override name = 'BrokerAwayError'
}

/** The topic does not exist (yet). */
export class UnknownTopicError extends Error {
  override name = 'UnknownTopicError'
}

/** The brokers refuse this record for good: it is too large, malformed, or not authorised. */
export class RecordRefusedError extends Error {
  override name = 'RecordRefusedError'
}

/** Kafka's names of the protocol errors that a retry of the same record cannot avoid. */
const PERMANENT = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
])

/** Classifies a failure of the client library, whose errors nest, by its most specific cause. */
export function brokerFaultOf(
  error: unknown,
): BrokerAwayError | UnknownTopicError | RecordRefusedError {
  const causes = [...causesOf(error)]
  const permanent = causes.find(({ apiId }) => apiId !== undefined && PERMANENT.has(apiId))
  if (permanent !== undefined)
    return new RecordRefusedError(`Kafka refused: ${permanent.apiId}`, { cause: error })
  if (causes.some(isUnknownTopic)) return new UnknownTopicError('unknown topic', { cause: error })
  const innermost = causes.findLast(({ message }) => message !== '')
  return new BrokerAwayError(`Kafka: ${innermost?.message ?? 'no answer'}`, { cause: error })
}

interface LibraryError {
  message: string
  /** Kafka's name of a protocol error. */
  apiId?: string
}

const isUnknownTopic = ({ apiId, message }: LibraryError): boolean =>
  apiId === 'UNKNOWN_TOPIC_OR_PARTITION' ||
  apiId === 'UNKNOWN_TOPIC_ID' ||
  // The library reports a topic that is missing from its metadata by message only.
  message.startsWith('Unknown topic')

function* causesOf(error: unknown, depth = 0): Generator<LibraryError> {
  if (!(error instanceof Error) || depth > 8) return
  yield error
  yield* causesOf(error.cause, depth + 1)
  if (error instanceof AggregateError)
    for (const one of error.errors) yield* causesOf(one, depth + 1)
}
