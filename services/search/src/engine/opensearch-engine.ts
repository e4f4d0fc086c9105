import { Client, errors } from '@opensearch-project/opensearch'
import { MAX_TOTAL } from '../keyword/matching.queries.ts'
import { normalise } from '../text/words.ts'
import { INDEX } from './opensearch-index.ts'
import { queryOf } from './opensearch-query.ts'
import {
  matchAnything,
  CURRENT_TABLES,
  ID_COLUMN_OF,
  type IndexTable,
  NEXT_TABLES,
  SearchEngineAwayError,
  type SearchEngine,
} from './search-engine.ts'

interface OpenSearchOptions {
  /** Of its nodes, separated by commas; with a name and a password where it asks for them. */
  url: string
  /** Before the names of all its indexes. */
  prefix: string
  shards: number
  replicas: number
}

/** A search takes tens of milliseconds, a batch of 500 posts some hundreds. */
const REQUEST_TIMEOUT = 5_000

/** An engine for millions of posts: OpenSearch with the plugin `analysis-nori`. */
export function createOpenSearchEngine({
  url,
  prefix,
  shards,
  replicas,
}: OpenSearchOptions): SearchEngine {
  const client = new Client({
    nodes: url.split(','),
    requestTimeout: REQUEST_TIMEOUT,
    maxRetries: 1,
  })
  /** An alias, so that a rebuilt index takes the place of the one in use at once. */
  const aliasOf = (table: IndexTable) => `${prefix}${table}`

  async function findIndexOf(
    table: IndexTable,
  ): Promise<{ name: string; uuid: string } | undefined> {
    const found = await ask(() =>
      client.indices.get({ index: aliasOf(table), ignore_unavailable: true }),
    )
    const [first] = Object.entries(
      found as Record<string, { settings?: { index?: { uuid?: string } } }>,
    )
    return first === undefined
      ? undefined
      : { name: first[0], uuid: first[1].settings?.index?.uuid ?? '' }
  }

  async function createIndexOf(table: IndexTable): Promise<string> {
    const settings = { ...INDEX.settings, number_of_shards: shards, number_of_replicas: replicas }
    const body = { settings, mappings: INDEX.mappings, aliases: { [aliasOf(table)]: {} } }
    await ask(() =>
      client.indices.create({ index: `${aliasOf(table)}-${Date.now()}`, body: body as never }),
    )
    return (await findIndexOf(table))?.uuid ?? ''
  }

  /** The best ones, at most as many as are counted. */
  async function findHits(
    table: IndexTable,
    query: object,
  ): Promise<{ id: number; score: number }[]> {
    const { hits } = await ask(() =>
      client.search({
        index: aliasOf(table),
        size: MAX_TOTAL,
        track_total_hits: false,
        // A hit's place in the list is all that is needed of it.
        filter_path: ['hits.hits.sort'],
        body: { query, sort: ['_score', { id: 'desc' }], stored_fields: '_none_' } as never,
      }),
    )
    return ((hits?.hits ?? []) as unknown as { sort: [number, number] }[]).map(
      ({ sort: [score, id] }) => ({ id, score }),
    )
  }

  /** Throws unless each operation had its effect, or came too late to have one. */
  async function bulk(table: IndexTable, operations: object[]): Promise<void> {
    const { errors: someFailed, items } = await ask(() =>
      client.bulk({ index: aliasOf(table), require_alias: true, body: operations as never }),
    )
    if (!someFailed) return
    for (const { index, delete: deletion } of items) {
      const { status, error } = index ?? deletion ?? { status: 200 }
      // 409: a newer version is there; 404 of a deletion: it is gone already.
      if (
        status < 300 ||
        status === 409 ||
        (deletion !== undefined && status === 404 && error === undefined)
      )
        continue
      // Not its reason, which quotes what a member wrote.
      if (passesByItself(status, error?.type))
        throw new SearchEngineAwayError(`OpenSearch does not take documents now: ${error?.type}`)
      throw new Error(`OpenSearch refused a document: ${error?.type}`)
    }
  }

  const engine: SearchEngine = {
    delaySeconds: 1,
    async prepare() {
      const uuids: string[] = []
      for (const table of CURRENT_TABLES)
        uuids.push((await findIndexOf(table))?.uuid ?? (await createIndexOf(table)))
      return placeOf(uuids)
    },
    tokensOf: () => '',
    async put(table, documents) {
      if (documents.length === 0) return
      const operations = documents.flatMap(
        ({ id, version, authorId, postId, createdAt, sections }) => [
          { index: { _id: String(id), version, version_type: 'external_gte' } },
          {
            id,
            author_id: authorId,
            post_id: postId,
            created_at: createdAt.toISOString(),
            text: sections.map(normalise),
          },
        ],
      )
      await bulk(table, operations)
    },
    async remove(table, ids) {
      const operations = ids.map((id) => ({ delete: { _id: String(id) } }))
      if (operations.length > 0) await bulk(table, operations)
    },
    async removeAuthors(table, authorIds) {
      const query = { terms: { author_id: [...authorIds] } }
      for (;;) {
        await engine.refresh(table)
        const ids = (await findHits(table, query)).map(({ id }) => id)
        if (ids.length === 0) return
        await engine.remove(table, ids)
      }
    },
    async refresh(table) {
      await ask(() => client.indices.refresh({ index: aliasOf(table) }))
    },
    async match(sql, table, search, only) {
      if (search.terms.length === 0) return matchAnything(sql)
      const hits = await findHits(table, queryOf(search, only))
      return {
        join: sql`join unnest(${hits.map(({ id }) => id)}::bigint[], ${hits.map(({ score }) => score)}::real[]) as proposed(id, rank)
                  on proposed.id = known.${sql(ID_COLUMN_OF[table])}`,
        score: sql`false as whole, proposed.rank`,
        condition: sql`true`,
      }
    },
    async beginRebuild() {
      const uuids: string[] = []
      for (const table of NEXT_TABLES) {
        const left = await findIndexOf(table)
        if (left !== undefined) await ask(() => client.indices.delete({ index: left.name }))
        uuids.push(await createIndexOf(table))
      }
      return placeOf(uuids)
    },
    async swapRebuilt() {
      const actions: object[] = []
      for (const [at, table] of CURRENT_TABLES.entries()) {
        const [old, next] = [
          await findIndexOf(table),
          await findIndexOf(NEXT_TABLES[at] as IndexTable),
        ]
        if (next === undefined)
          throw new SearchEngineAwayError('the index that was built is not there any more')
        if (old !== undefined) actions.push({ remove_index: { index: old.name } })
        actions.push(
          { remove: { index: next.name, alias: aliasOf(NEXT_TABLES[at] as IndexTable) } },
          { add: { index: next.name, alias: aliasOf(table) } },
        )
      }
      await ask(() => client.indices.updateAliases({ body: { actions } as never }))
    },
    close: () => client.close(),
  }
  return engine
}

const placeOf = (uuids: readonly string[]) => `opensearch:${uuids.join(',')}`

const passesByItself = (status: number, type: string | undefined) =>
  status === 429 || status >= 500 || type === 'index_not_found_exception'

/** The client's own errors hold addresses and whole requests: what leaves here says what happened, and whether it passes. */
async function ask<Body>(request: () => Promise<{ body: Body }>): Promise<Body> {
  try {
    return (await request()).body
  } catch (error) {
    if (error instanceof errors.ResponseError) {
      const type =
        (error.body as { error?: { type?: string } } | undefined)?.error?.type ?? error.name
      if (passesByItself(error.statusCode ?? 500, type))
        throw new SearchEngineAwayError(`OpenSearch does not serve this now: ${type}`)
      throw new Error(`OpenSearch refused a request: ${error.statusCode} ${type}`)
    }
    if (error instanceof errors.OpenSearchClientError)
      throw new SearchEngineAwayError(`OpenSearch does not answer: ${error.name}`)
    throw error
  }
}
