import { randomBytes } from 'node:crypto'
import type { Client } from '@opensearch-project/opensearch'
import { INDEX } from './opensearch-index.ts'
import { bodyOf, RequestRefusedError } from './opensearch-requests.ts'
import {
  CURRENT_TABLES,
  type IndexTable,
  NEXT_TABLE_OF,
  SearchEngineUnavailableError,
} from './search-engine.ts'

const ALREADY_EXISTS = 'resource_already_exists_exception'

export interface IndexOptions {
  /** Prefix of the names of all indexes. */
  prefix: string
  shards: number
  replicas: number
}

/**
 * The indexes of OpenSearch, each behind an alias, so that a rebuilt index replaces the current one
 * at once.
 */
export class OpenSearchIndexes {
  readonly #client: Client
  readonly #options: IndexOptions

  constructor(client: Client, options: IndexOptions) {
    this.#client = client
    this.#options = options
  }

  aliasOf(table: IndexTable): string {
    return `${this.#options.prefix}${table}`
  }

  /** Creates the current indexes that are missing. Returns the location of both. */
  async createMissing(): Promise<string> {
    const uuids: string[] = []
    for (const table of CURRENT_TABLES)
      uuids.push((await this.#find(table))?.uuid ?? (await this.#create(table)))
    return locationOf(uuids)
  }

  /** Creates empty indexes beside the current ones; those of an interrupted rebuild are deleted. */
  async createNext(): Promise<string> {
    const uuids: string[] = []
    for (const table of CURRENT_TABLES) {
      const next = NEXT_TABLE_OF[table]
      const abandoned = await this.#find(next)
      if (abandoned !== undefined)
        // The client repeats a request without an answer: the first one may have deleted the index.
        await bodyOf(() =>
          this.#client.indices.delete({ index: abandoned.name, ignore_unavailable: true }),
        )
      uuids.push(await this.#create(next))
    }
    return locationOf(uuids)
  }

  /** Replaces the current indexes by those of `createNext`, in one step. */
  async swap(): Promise<void> {
    const actions: object[] = []
    for (const table of CURRENT_TABLES) {
      const [old, next] = [await this.#find(table), await this.#find(NEXT_TABLE_OF[table])]
      if (next === undefined)
        throw new SearchEngineUnavailableError('the rebuilt index does not exist any more')
      if (old !== undefined) actions.push({ remove_index: { index: old.name } })
      actions.push(
        { remove: { index: next.name, alias: this.aliasOf(NEXT_TABLE_OF[table]) } },
        { add: { index: next.name, alias: this.aliasOf(table) } },
      )
    }
    await bodyOf(() => this.#client.indices.updateAliases({ body: { actions } }))
  }

  async #find(table: IndexTable): Promise<{ name: string; uuid: string } | undefined> {
    const found = await bodyOf(() =>
      this.#client.indices.get({ index: this.aliasOf(table), ignore_unavailable: true }),
    )
    const [first] = Object.entries(found)
    return first && { name: first[0], uuid: first[1].settings?.index?.uuid ?? '' }
  }

  async #create(table: IndexTable): Promise<string> {
    const { shards, replicas } = this.#options
    const settings = { ...INDEX.settings, number_of_shards: shards, number_of_replicas: replicas }
    const body = { settings, mappings: INDEX.mappings, aliases: { [this.aliasOf(table)]: {} } }
    const index = `${this.aliasOf(table)}-${Date.now()}-${randomBytes(4).toString('hex')}`
    await bodyOf(() => this.#client.indices.create({ index, body })).catch((error) => {
      // Nobody else has the name: the client repeated a request whose answer was late.
      if (!(error instanceof RequestRefusedError && error.type === ALREADY_EXISTS)) throw error
    })
    return (await this.#find(table))?.uuid ?? ''
  }
}

const locationOf = (uuids: readonly string[]) => `opensearch:${uuids.join(',')}`
