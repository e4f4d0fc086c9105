import { Client } from '@opensearch-project/opensearch'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { MAX_TOTAL, type SearchRequest } from '../keyword/search-request.ts'
import { normalise } from '../text/words.ts'
import { type IndexOptions, OpenSearchIndexes } from './opensearch-indexes.ts'
import { queryOf } from './opensearch-query.ts'
import { bodyOf, checkBulkResults } from './opensearch-requests.ts'
import {
  ID_COLUMN_OF,
  type IndexedDocument,
  type IndexTable,
  matchEverything,
  type Matching,
  type MatchScope,
  type SearchEngine,
} from './search-engine.ts'

interface OpenSearchOptions extends IndexOptions {
  /** Addresses of nodes, separated by commas, with name and password where they are required. */
  url: string
}

/** Milliseconds. A search takes tens of them, a batch of 500 posts some hundreds. */
const REQUEST_TIMEOUT = 5_000

/** An engine for millions of posts: OpenSearch with the plugin `analysis-nori`. */
export class OpenSearchEngine implements SearchEngine {
  readonly delaySeconds = 1
  readonly #client: Client
  readonly #indexes: OpenSearchIndexes

  constructor({ url, ...options }: OpenSearchOptions) {
    this.#client = new Client({
      nodes: url.split(','),
      requestTimeout: REQUEST_TIMEOUT,
      maxRetries: 1,
    })
    this.#indexes = new OpenSearchIndexes(this.#client, options)
  }

  prepare(): Promise<string> {
    return this.#indexes.createMissing()
  }

  /** The text is in the documents alone. */
  tokensOf(): string {
    return ''
  }

  async put(table: IndexTable, documents: readonly IndexedDocument[]): Promise<void> {
    const operations = documents.flatMap((document) => [
      {
        index: {
          _id: String(document.id),
          version: document.version,
          version_type: 'external_gte',
        },
      },
      {
        id: document.id,
        author_id: document.authorId,
        post_id: document.postId,
        created_at: document.createdAt.toISOString(),
        text: document.sections.map(normalise),
      },
    ])
    await this.#bulk(table, operations)
  }

  async remove(table: IndexTable, ids: readonly number[]): Promise<void> {
    await this.#bulk(
      table,
      ids.map((id) => ({ delete: { _id: String(id) } })),
    )
  }

  async removeAuthors(table: IndexTable, authorIds: readonly number[]): Promise<void> {
    const query = { terms: { author_id: [...authorIds] } }
    for (;;) {
      await this.refresh(table)
      const ids = (await this.#findHits(table, query)).map(({ id }) => id)
      if (ids.length === 0) return
      await this.remove(table, ids)
    }
  }

  async refresh(table: IndexTable): Promise<void> {
    await bodyOf(() => this.#client.indices.refresh({ index: this.#indexes.aliasOf(table) }))
  }

  async match(
    sql: Queryable,
    table: IndexTable,
    search: SearchRequest,
    scope: MatchScope,
  ): Promise<Matching> {
    if (search.terms.length === 0) return matchEverything(sql)
    const hits = await this.#findHits(table, queryOf(search, scope))
    return {
      join: sql`
        join unnest(
          ${hits.map(({ id }) => id)}::bigint[], ${hits.map(({ score }) => score)}::real[]
        ) as proposed(id, rank) on proposed.id = known.${sql(ID_COLUMN_OF[table])}`,
      score: sql`false as whole, proposed.rank`,
      condition: sql`true`,
    }
  }

  beginRebuild(): Promise<string> {
    return this.#indexes.createNext()
  }

  swapRebuilt(): Promise<void> {
    return this.#indexes.swap()
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  /** The best hits, at most as many as are counted. */
  async #findHits(table: IndexTable, query: object): Promise<{ id: number; score: number }[]> {
    const { hits } = await bodyOf(() =>
      this.#client.search({
        index: this.#indexes.aliasOf(table),
        size: MAX_TOTAL,
        track_total_hits: false,
        // Score and id are all that is needed of a hit, and both are its sort values.
        filter_path: ['hits.hits.sort'],
        body: { query, sort: ['_score', { id: 'desc' }], stored_fields: '_none_' },
      }),
    )
    return (hits?.hits ?? []).map(({ sort: [score, id] = [] }) => ({
      id: Number(id),
      score: Number(score),
    }))
  }

  async #bulk(table: IndexTable, operations: object[]): Promise<void> {
    if (operations.length === 0) return
    const index = this.#indexes.aliasOf(table)
    const { errors, items } = await bodyOf(() =>
      this.#client.bulk({ index, require_alias: true, body: operations }),
    )
    if (errors) checkBulkResults(items)
  }
}
