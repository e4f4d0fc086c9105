import type { SearchConfig } from '../config.ts'
import { postgresEngine } from './postgres-engine.ts'
import type { SearchEngine } from './search-engine.ts'

/** PostgreSQL, or OpenSearch where its address is configured. */
export async function chooseEngine(config: SearchConfig): Promise<SearchEngine> {
  if (config.OPENSEARCH_URL === undefined) return postgresEngine
  // The client is loaded only where it is used.
  const { OpenSearchEngine } = await import('./opensearch-engine.ts')
  return new OpenSearchEngine({
    url: config.OPENSEARCH_URL,
    prefix: config.OPENSEARCH_INDEX_PREFIX,
    shards: config.OPENSEARCH_SHARDS,
    replicas: config.OPENSEARCH_REPLICAS,
  })
}
