import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { UpstreamName } from '../config.ts'
import { UPSTREAM_NAMES, type Upstreams } from '../upstreams.ts'
import { mergeDocuments, type OpenApiDocument } from './merge-documents.ts'

const FRESH_MILLISECONDS = 60_000
const PATIENCE_MILLISECONDS = 5_000

/** The merged document as JSON text: made when first asked for, again after a minute, kept while a service is away. */
export function createPublicDocument(
  { services }: Upstreams,
  now = () => Date.now(),
): () => Promise<string> {
  let known: { json: string; madeAt: number } | undefined
  let making: Promise<string> | undefined

  async function documentOfOrThrow(name: UpstreamName): Promise<[UpstreamName, OpenApiDocument]> {
    const { statusCode, body } = await services[name].request({
      method: 'GET',
      path: '/openapi.json',
      headersTimeout: PATIENCE_MILLISECONDS,
    })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`${name}-svc answered its document with ${statusCode}`)
    return [name, JSON.parse(text) as OpenApiDocument]
  }

  async function make(): Promise<string> {
    const madeAt = now()
    const documents = new Map(await Promise.all(UPSTREAM_NAMES.map(documentOfOrThrow)))
    known = { json: JSON.stringify(mergeDocuments(documents)), madeAt }
    return known.json
  }

  return async () => {
    if (known !== undefined && now() - known.madeAt < FRESH_MILLISECONDS) return known.json
    making ??= make().finally(() => {
      making = undefined
    })
    try {
      return await making
    } catch (error) {
      // A document with a part missing would be taken for the whole.
      if (known === undefined)
        throw new DailyfeedError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 5, cause: error })
      return known.json
    }
  }
}
