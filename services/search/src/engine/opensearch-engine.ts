import { Client } from '@opensearch-project/opensearch'
import { MAX_ITEMS_BY_PAGE } from '@dailyfeed/contract/limits'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { SearchRequest } from '../keyword/search-request.ts'
import { normalise } from '../text/words.ts'
import { findHiddenAuthors } from './hidden-authors.queries.ts'
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
  SearchEngineUnavailableError,
} from './search-engine.ts'

interface OpenSearchOptions extends IndexOptions {
  /** Addresses of nodes, separated by commas, with name and password where they are required. */
  url: string
  /** Hits of one search; tests lower it. */
  maxHits?: number
}

interface Hit {
  id: number
  score: number
}

/** Each round excludes the hidden authors of 10,000 hits. */
const MAX_ROUNDS = 3

/** Milliseconds. A search takes tens of them, a batch of 500 posts some hundreds. */
const REQUEST_TIMEOUT = 5_000
/** Milliseconds after which a node ends a search by itself. */
const SEARCH_TIMEOUT = 2_000
/** A search is not repeated: its member waits, and may repeat it. The second is for the way there and back. */
const SEARCH_OPTIONS = { requestTimeout: SEARCH_TIMEOUT + 1_000, maxRetries: 0 }

/** An engine for millions of posts: OpenSearch with the plugin `analysis-nori`. */
export class OpenSearchEngine implements SearchEngine {
  readonly delaySeconds = 1
  readonly #client: Client
  readonly #maxHits: number
  readonly #indexes: OpenSearchIndexes

  constructor({ url, maxHits = MAX_ITEMS_BY_PAGE, ...options }: OpenSearchOptions) {
    this.#maxHits = maxHits
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
    const hits = await this.#findVisibleHits(sql, table, search, scope)
    return {
      join: sql`
        join unnest(
          ${hits.map(({ id }) => id)}::bigint[], ${hits.map(({ score }) => score)}::real[]
        ) as proposed(id, rank) on proposed.id = known.${sql(ID_COLUMN_OF[table])}`,
      isCandidate: sql`true`,
      candidateRank: sql`proposed.rank`,
      bytes: sql`0`,
      maxCandidates: MAX_ITEMS_BY_PAGE,
      isHit: sql`true`,
      score: sql`false as whole, candidate.rank`,
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

  /**
   * The best hits. Where there are more than are counted, authors whom the viewer does not see are excluded and the rest
   * is searched again: one private account could otherwise hide everybody's posts.
   */
  async #findVisibleHits(
    sql: Queryable,
    table: IndexTable,
    search: SearchRequest,
    scope: MatchScope,
  ): Promise<Hit[]> {
    const hidden: number[] = []
    for (let round = 1; ; round += 1) {
      const hits = await this.#findHits(table, queryOf(search, scope, hidden))
      if (hits.length < this.#maxHits || round === MAX_ROUNDS) return hits
      const ids = hits.map(({ id }) => id)
      const more = await findHiddenAuthors(sql, table, search.viewerId, ids)
      if (more.length === 0) return hits
      hidden.push(...more)
    }
  }

  /** The best hits, at most as many as are counted. */
  async #findHits(table: IndexTable, query: object): Promise<Hit[]> {
    const { hits, timed_out } = await bodyOf(() =>
      this.#client.search(
        {
          index: this.#indexes.aliasOf(table),
          size: this.#maxHits,
          track_total_hits: false,
          // Score and id are all that is needed of a hit, and both are its sort values.
          filter_path: ['timed_out', 'hits.hits.sort'],
          body: {
            query,
            sort: ['_score', { id: 'desc' }],
            stored_fields: '_none_',
            timeout: `${SEARCH_TIMEOUT}ms`,
          },
        },
        SEARCH_OPTIONS,
      ),
    )
    // Hits of a part of the index would be another order on each page.
    if (timed_out === true)
      throw new SearchEngineUnavailableError(`OpenSearch did not finish in ${SEARCH_TIMEOUT} ms`)
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
