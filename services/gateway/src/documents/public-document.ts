import { singleFlight } from '@dailyfeed/concurrency/single-flight'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { UpstreamName } from '../config.ts'
import { UPSTREAM_NAMES, type Upstreams } from '../upstreams.ts'
import { mergeDocuments, type OpenApiDocument } from './merge-documents.ts'

const FRESH_MILLISECONDS = 60_000
const TIMEOUT_MILLISECONDS = 5_000

/** The merged document as JSON text: built on first use, rebuilt after a minute, kept while a service is unreachable. */
export function createPublicDocument(
  { services }: Upstreams,
  now = () => Date.now(),
): () => Promise<string> {
  let cached: { json: string; builtAt: number } | undefined

  async function documentOfOrThrow(name: UpstreamName): Promise<[UpstreamName, OpenApiDocument]> {
    const { status, body } = await services[name].get('/openapi.json', TIMEOUT_MILLISECONDS)
    if (status !== 200) throw new Error(`${name}-svc answered its document with ${status}`)
    return [name, JSON.parse(body) as OpenApiDocument]
  }

  const build = singleFlight(async (): Promise<string> => {
    const builtAt = now()
    const documents = new Map(await Promise.all(UPSTREAM_NAMES.map(documentOfOrThrow)))
    cached = { json: JSON.stringify(mergeDocuments(documents)), builtAt }
    return cached.json
  })

  return async () => {
    if (cached !== undefined && now() - cached.builtAt < FRESH_MILLISECONDS) return cached.json
    try {
      return await build()
    } catch (error) {
      // An incomplete document would be mistaken for the whole API.
      if (cached === undefined)
        throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 5, cause: error })
      return cached.json
    }
  }
}
