import { errors } from '@opensearch-project/opensearch'
import { SearchEngineUnavailableError, SearchRequestTooLargeError } from './search-engine.ts'

/** The node has no memory for this request beside the others. */
const TOO_MUCH_MEMORY = 'circuit_breaking_exception'

/** OpenSearch refused a request for good. */
export class RequestRefusedError extends Error {
  override name = 'RequestRefusedError'
  /** OpenSearch's name of the failure. */
  readonly type: string

  constructor(status: number, type: string) {
    super(`OpenSearch refused a request: ${status} ${type}`)
    this.type = type
  }
}

/**
 * Sends a request of the client and returns the body of its response. The client's own errors hold
 * addresses and whole requests, so they are replaced: a SearchRequestTooLargeError where a smaller
 * request may succeed, a SearchEngineUnavailableError where a later one may, and a
 * RequestRefusedError otherwise.
 */
export async function bodyOf<Body>(request: () => Promise<{ body: Body }>): Promise<Body> {
  try {
    return (await request()).body
  } catch (error) {
    if (error instanceof errors.ResponseError) {
      const type = typeOf(error.body) ?? error.name
      if (error.statusCode === 413 || type === TOO_MUCH_MEMORY)
        throw new SearchRequestTooLargeError(`OpenSearch refused the size of a request: ${type}`)
      if (isTransient(error.statusCode ?? 500, type))
        throw new SearchEngineUnavailableError(`OpenSearch cannot serve requests now: ${type}`)
      throw new RequestRefusedError(error.statusCode ?? 400, type)
    }
    if (error instanceof errors.OpenSearchClientError)
      throw new SearchEngineUnavailableError(`OpenSearch does not answer: ${error.name}`)
    throw error
  }
}

interface BulkResult {
  index?: BulkOutcome
  delete?: BulkOutcome
}

interface BulkOutcome {
  status: number
  error?: { type?: string }
}

/** Throws unless each operation had its effect, or arrived too late to have one. */
export function checkBulkResults(results: readonly BulkResult[]): void {
  for (const { index, delete: deletion } of results) {
    const { status, error } = index ?? deletion ?? { status: 200 }
    // 409: the index has a newer version. 404 of a deletion: the document does not exist.
    const isMissing = deletion !== undefined && status === 404 && error === undefined
    if (status < 300 || status === 409 || isMissing) continue
    if (error?.type === TOO_MUCH_MEMORY)
      throw new SearchRequestTooLargeError(`OpenSearch has no memory for a request: ${error.type}`)
    // The reason is left out, since it quotes the text of a member.
    if (isTransient(status, error?.type))
      throw new SearchEngineUnavailableError(
        `OpenSearch cannot store documents now: ${error?.type}`,
      )
    throw new Error(`OpenSearch refused a document: ${error?.type}`)
  }
}

/** An index that is being created, and indices that are blocked while their disk is nearly full. */
const TRANSIENT_TYPES = new Set(['index_not_found_exception', 'cluster_block_exception'])

const isTransient = (status: number, type: string | undefined): boolean =>
  status === 429 || status >= 500 || TRANSIENT_TYPES.has(type ?? '')

/** The `error.type` of a response, if it has one. */
function typeOf(body: unknown): string | undefined {
  const { error } = (body ?? {}) as { error?: { type?: string } }
  return error?.type
}
