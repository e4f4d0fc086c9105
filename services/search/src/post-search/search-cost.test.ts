import { insertBlock, insertMember } from '@dailyfeed/tests/members'
import { ask } from '@dailyfeed/tests/http-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgresEngine } from '../engine/postgres-engine.ts'
import { matchingOf } from '../hits/matching.service.ts'
import { catchUp } from '../indexing/catch-up.service.ts'
import { searchRequestOf } from '../keyword/search-request.ts'
import { type SearchFixture, searchFixture } from '../search-fixture.ts'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { postHits } from './post-search.queries.ts'

/** A node of a plan, as `explain (format json)` writes it. */
interface PlanNode {
  'Node Type': string
  'Subplan Name'?: string
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Total Time': number
  Plans?: PlanNode[]
}

const POSTS = 300
let search: SearchFixture
let reader: number
let author: number

beforeAll(async () => {
  search = await searchFixture()
  const { sql } = search.database
  reader = await insertMember(sql, 'reader')
  author = await insertMember(sql, 'author')
  const insert = (content: string, posts = POSTS, by = author) =>
    sql`insert into content.post (author_id, content)
        select ${by}, ${content} || ' ' || n from generate_series(1, ${posts}::int) n`
  await insert('등대 아래의 조용한 바다')
  await insert('커피 우유 '.repeat(200))
  await insert('\u3300\u3316\u3303'.repeat(300), 60)
  await insert('カメラ'.repeat(300), 60)
  await catchUp(search.index)
  await sql`analyze search.post_index`
}, 60_000)
afterAll(() => search.close())

/** Executes the statement of a search and returns its plan. */
async function planOf(keyword: string, viewerId = reader): Promise<PlanNode> {
  const sql = search.reads
  const request = searchRequestOf(
    { list: 'posts', viewerId, keyword, query: {} },
    createCursors('a-cursor-key-of-a-test'),
  )
  const matching = await matchingOf(postgresEngine, sql, 'post_index', request)
  const [row] = await sql<[{ 'QUERY PLAN': [{ Plan: PlanNode }] }]>`
    explain (analyze, buffers, format json) ${postHits(sql, request, matching)}`
  return row['QUERY PLAN'][0].Plan
}

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node
  for (const child of node.Plans ?? []) yield* nodesOf(child)
}

const rowsOf = (plan: PlanNode, name: string): number =>
  [...nodesOf(plan)].find((node) => node['Subplan Name'] === `CTE ${name}`)?.['Actual Rows'] ?? -1

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

describe('searches of PostgreSQL', () => {
  /** 64 lexemes: all that a keyword may have. */
  const longestKana = 'カメラ'.repeat(21).slice(0, 62)

  test.each([
    ['kana, in posts that repeat its pairs', longestKana],
    ['compatibility characters', '\u3300\u3316\u3303\u3300\u3316\u3303'],
    ['two words that posts repeat 200 times', '커피 우유'],
    ['an exact phrase of repeated words', '"커피 우유 커피 우유 커피 우유"'],
    ['a word and everything that is excluded', '커피 -바다 -등대 -카메라 -조용한'],
    ['a filter of authors', '커피 from:author from:nobody from:reader'],
    ['characters that are wildcards elsewhere', '커피* %우유_ ?'],
  ])(
    '%s: costs at most 12 times a plain word over as many posts',
    async (_, keyword) => {
      const plain: number[] = []
      const hostile: number[] = []
      for (let turn = 0; turn < 7; turn += 1) {
        plain.push((await planOf('등대'))['Actual Total Time'])
        hostile.push((await planOf(keyword))['Actual Total Time'])
      }
      expect(median(hostile) / median(plain)).toBeLessThan(12)
    },
    60_000,
  )

  test('a keyword of 64 lexemes reads the newest 1,000 candidates, a plain word 10,000', async () => {
    const { sql } = search.index
    const maxCandidates = async (keyword: string) => {
      const request = searchRequestOf(
        { list: 'posts', viewerId: reader, keyword, query: {} },
        createCursors('a-cursor-key-of-a-test'),
      )
      return (await matchingOf(postgresEngine, sql, 'post_index', request)).maxCandidates
    }
    expect([await maxCandidates('각'.repeat(64)), await maxCandidates('등대')]).toEqual([
      1_000, 10_000,
    ])
  })

  test('no search reads a whole table of vectors or posts, however popular its words are', async () => {
    for (const keyword of ['등대', '커피 우유', 'from:author', 'since:2020-01-01'])
      expect(
        [...nodesOf(await planOf(keyword))]
          .filter((node) => node['Node Type'] === 'Seq Scan')
          .map((node) => node['Relation Name'])
          .filter((name) => name === 'post_index' || name === 'post'),
      ).toEqual([])
  })

  test('more candidates than may be judged are left out, the oldest first', async () => {
    const plan = await planOf('등대')
    expect([rowsOf(plan, 'candidate'), rowsOf(plan, 'hit')]).toEqual([POSTS, POSTS])
    // The vectors of these posts are larger than those that one search reads.
    const { sql } = search.database
    const [row] = await sql<[{ bytes: number }]>`
      select sum(pg_column_size(tokens))::int as bytes from search.post_index`
    expect(row.bytes).toBeLessThan(32 * 1024 * 1024)
  })

  test('posts of authors whom the viewer does not see are no candidates, and hide nobody’s', async () => {
    const { sql } = search.database
    const secret = await insertMember(sql, 'secret', { privacyLevel: 'PRIVATE' })
    const blocker = await insertMember(sql, 'blocker')
    await insertBlock(sql, blocker, reader)
    const seen = await sql<{ id: number }[]>`
      insert into content.post (author_id, content) values (${author}, '수수께끼') returning id`
    for (const by of [secret, blocker])
      await sql`
        insert into content.post (author_id, content)
        select ${by}, '수수께끼' from generate_series(1, 200)`
    await catchUp(search.index)
    expect(rowsOf(await planOf('수수께끼'), 'candidate')).toBe(1)
    const { body } = await ask(search.client, {
      as: reader,
      url: `/api/search/posts?keyword=${encodeURIComponent('수수께끼')}`,
    })
    expect(body.data.content.map(({ id }: { id: number }) => id)).toEqual(
      seen.map(({ id }) => Number(id)),
    )
  })

  test('a search that takes longer than its statement may is 503 with Retry-After', async () => {
    const slow = await searchFixture({ statementTimeout: 100 })
    const { engine } = slow.index
    const match = engine.match
    engine.match = async (sql, ...rest) => ({
      ...(await match.call(engine, sql, ...rest)),
      isHit: sql`pg_sleep(10) is not null`,
    })
    try {
      const by = await insertMember(slow.database.sql, 'writer')
      await slow.database.sql`insert into content.post (author_id, content) values (${by}, '등대')`
      await catchUp(slow.index)
      const url = `/api/search/posts?keyword=${encodeURIComponent('등대')}`
      const { status, body, headers } = await ask(slow.client, { as: by, url })
      expect([status, body.code, headers.get('retry-after')]).toEqual([
        503,
        'SERVICE_UNAVAILABLE',
        '2',
      ])
    } finally {
      engine.match = match
      await slow.close()
    }
  })
})
