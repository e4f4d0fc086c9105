/** The brokers cannot be reached, do not answer, or cannot take it now: the same send may succeed a moment later. */
export class BrokerAwayError extends Error {
  override name = 'BrokerAwayError'
}

/** The topic is not there (yet). */
export class UnknownTopicError extends Error {
  override name = 'UnknownTopicError'
}

/** The brokers refused this very record: too large, not authorised, malformed. Sending it again unchanged is in vain. */
export class RecordRefusedError extends Error {
  override name = 'RecordRefusedError'
}

/** Protocol errors that judge the record or the right to send it, not the moment. */
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

/** What a failure of the client library means. Its errors nest; the innermost that says something decides. */
export function brokerFaultOf(
  error: unknown,
): BrokerAwayError | UnknownTopicError | RecordRefusedError {
  const causes = [...causesOf(error)]
  const permanent = causes.find(({ apiId }) => apiId !== undefined && PERMANENT.has(apiId))
  if (permanent !== undefined)
    return new RecordRefusedError(`Kafka refused: ${permanent.apiId}`, { cause: error })
  // The library says this one in words alone.
  if (
    causes.some(
      ({ apiId, message }) =>
        apiId === 'UNKNOWN_TOPIC_OR_PARTITION' ||
        apiId === 'UNKNOWN_TOPIC_ID' ||
        message.startsWith('Unknown topic'),
    )
  )
    return new UnknownTopicError('Kafka does not know the topic', { cause: error })
  const told = causes.findLast(({ message }) => message !== '')
  return new BrokerAwayError(`Kafka: ${told?.message ?? 'no answer'}`, { cause: error })
}

interface LibraryError {
  message: string
  /** Kafka's name of a protocol error. */
  apiId?: string
}

function* causesOf(error: unknown, depth = 0): Generator<LibraryError> {
  if (!(error instanceof Error) || depth > 8) return
  yield error as LibraryError
  yield* causesOf(error.cause, depth + 1)
  if (error instanceof AggregateError)
    for (const one of error.errors) yield* causesOf(one, depth + 1)
}
