import type { SearchConfig } from '../config.ts'
import { postgresEngine } from './postgres-engine.ts'
import type { SearchEngine } from './search-engine.ts'

/** PostgreSQL itself, or OpenSearch where its address is set. */
export async function chooseEngine(config: SearchConfig): Promise<SearchEngine> {
  if (config.OPENSEARCH_URL === undefined) return postgresEngine
  // Its client is read only where it is used.
  const { createOpenSearchEngine } = await import('./opensearch-engine.ts')
  return createOpenSearchEngine({
    url: config.OPENSEARCH_URL,
    prefix: config.OPENSEARCH_INDEX_PREFIX,
    shards: config.OPENSEARCH_SHARDS,
    replicas: config.OPENSEARCH_REPLICAS,
  })
}
