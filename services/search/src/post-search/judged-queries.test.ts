import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { catchUp } from '../indexing/catch-up.service.ts'
import { type SearchFixture, searchFixture } from '../search-fixture.ts'

/**
 * A query, with the ids of the posts that are about it, and of those whose relevance is disputable.
 */
interface JudgedQuery {
  query: string
  kind: string
  relevant: number[]
  ignored: number[]
}

const folder = join(import.meta.dirname, '..', '..', 'test-data')
const read = async <T>(file: string): Promise<T> =>
  JSON.parse(await readFile(join(folder, file), 'utf8')) as T

let search: SearchFixture
let reader: number
let queries: JudgedQuery[]

beforeAll(async () => {
  search = await searchFixture()
  const { sql } = search.database
  reader = await insertMember(sql, 'reader')
  const author = await insertMember(sql, 'author')
  queries = await read<JudgedQuery[]>('judged-queries.json')
  const posts = await read<string[]>('judged-posts.json')
  // Ids of a new table begin at 1, so that the id of a post is its position in the file.
  await sql`insert into content.post (author_id, content) select ${author}, content from unnest(${posts}::text[]) with ordinality as given(content, position) order by position`
  await catchUp(search.index)
})
afterAll(() => search.close())

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

function scoreOf({ relevant, ignored }: JudgedQuery, found: number[]) {
  const counted = found.filter((id) => !ignored.includes(id))
  const hits = (of: number) => counted.slice(0, of).filter((id) => relevant.includes(id)).length
  return {
    recall50: hits(50) / Math.min(relevant.length, 50),
    precision20: counted.length === 0 ? 0 : hits(20) / Math.min(counted.length, 20),
  }
}

test('the judged queries reach recall 1.0 for every kind, and precision 0.96 overall', async () => {
  const scores = []
  for (const query of queries)
    scores.push({ kind: query.kind, ...scoreOf(query, await search.find(reader, query.query)) })
  const kinds = Object.entries(Object.groupBy(scores, ({ kind }) => kind)).map(
    ([kind, rows = []]) => ({
      kind,
      queries: rows.length,
      recall50: mean(rows.map(({ recall50 }) => recall50)).toFixed(3),
      precision20: mean(rows.map(({ precision20 }) => precision20)).toFixed(3),
    }),
  )
  const lines = kinds.map(
    ({ kind, queries, recall50, precision20 }) =>
      `${kind.padEnd(10)} ${queries} queries  recall@50 ${recall50}  precision@20 ${precision20}`,
  )
  process.stdout.write(
    `${inject('openSearchUrl') === undefined ? 'PostgreSQL, our own tokens' : 'OpenSearch'}:\n${lines.join('\n')}\n`,
  )
  expect(kinds.filter(({ recall50 }) => recall50 !== '1.000')).toEqual([])
  expect(mean(scores.map(({ precision20 }) => precision20))).toBeGreaterThan(0.96)
}, 20_000)
