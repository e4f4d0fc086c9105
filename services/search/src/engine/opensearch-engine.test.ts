import { deletePost, editPost, insertPost } from '@dailyfeed/tests/content-rows'
import { ask } from '@dailyfeed/tests/http-client'
import { insertMember } from '@dailyfeed/tests/members'
import { startTestOpenSearch } from '@dailyfeed/tests/opensearch'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { catchUp } from '../indexing/catch-up.service.ts'
import { prepareIndex } from '../indexing/index-location.service.ts'
import { indexPosts, unindexPostsOf } from '../indexing/indexing.service.ts'
import { type SearchFixture, searchFixture } from '../search-fixture.ts'
import { OpenSearchEngine } from './opensearch-engine.ts'
import { SearchEngineUnavailableError } from './search-engine.ts'

let search: SearchFixture
let sql: SearchFixture['database']['sql']
let minji: number
let sora: number

beforeAll(async () => {
  search = await searchFixture()
  sql = search.database.sql
  minji = await insertMember(sql, 'minji')
  sora = await insertMember(sql, 'sora')
})
afterAll(() => search.close())

/** Searches without a refresh of the index, as every client does. */
async function findWithoutRefresh(memberId: number, keyword: string): Promise<number[]> {
  const { body } = await ask(search.unrefreshedClient, {
    as: memberId,
    url: `/api/search/posts?keyword=${encodeURIComponent(keyword)}`,
  })
  return body.data.content.map(({ id }: { id: number }) => id)
}

test('a member’s next search finds their own posts, indexed by this process or another', async () => {
  const unindexed = await insertPost(sql, sora, { content: '갯버들 하나' })
  expect(await findWithoutRefresh(sora, '갯버들')).toEqual([unindexed])
  const indexed = await insertPost(sql, sora, { content: '갯버들 둘' })
  await indexPosts(search.index, [indexed])
  expect(await findWithoutRefresh(sora, '갯버들')).toEqual([indexed, unindexed])
  await editPost(sql, indexed, '억새')
  expect(await findWithoutRefresh(sora, '갯버들')).toEqual([unindexed])
  expect(await findWithoutRefresh(sora, '억새')).toEqual([indexed])
})

test('an older version that arrives late changes nothing', async () => {
  const postId = await insertPost(sql, sora, { content: '원추리' })
  await editPost(sql, postId, '참나리')
  await indexPosts(search.index, [postId])
  const late = {
    id: postId,
    version: 1,
    authorId: sora,
    createdAt: new Date(),
    sections: ['원추리'],
  }
  await search.index.engine.put('post_index', [late])
  expect(await search.find(minji, '원추리')).toEqual([])
  expect(await search.find(minji, '참나리')).toEqual([postId])
})

test('pages neither repeat nor skip posts while matching ones are added', async () => {
  const ids: number[] = []
  for (let n = 0; n < 30; n += 1)
    ids.push(await insertPost(sql, sora, { content: n % 3 === 0 ? '물망초꽃밭' : `물망초 ${n}` }))
  await catchUp(search.index)
  const seen: number[] = []
  let cursor: string | null = null
  do {
    const { body } = await ask(search.client, {
      as: minji,
      url: `/api/search/posts?size=7&keyword=${encodeURIComponent('물망초')}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    })
    seen.push(...body.data.content.map(({ id }: { id: number }) => id))
    cursor = body.data.nextCursor
    for (let n = 0; n < 5; n += 1) await insertPost(sql, sora, { content: `물망초 새로 ${n}` })
    await catchUp(search.index)
  } while (cursor !== null)
  const old = seen.filter((id) => ids.includes(id))
  expect(new Set(seen).size).toBe(seen.length)
  expect(old.sort((a, b) => a - b)).toEqual(ids)
})

test('no posts of an erased member stay in the index, nor a deleted post', async () => {
  const gone = await insertMember(sql, 'gone')
  for (let n = 0; n < 3; n += 1) await insertPost(sql, gone, { content: '은사시나무' })
  const deleted = await insertPost(sql, sora, { content: '은사시나무' })
  const kept = await insertPost(sql, sora, { content: '은사시나무' })
  await catchUp(search.index)
  await deletePost(sql, deleted)
  await indexPosts(search.index, [deleted])
  expect(await unindexPostsOf(search.index, [gone])).toBe(3)
  expect(await idsInOpenSearch('은사시나무')).toEqual([kept])
})

test('an engine that lost its indexes is filled again', async () => {
  const postId = await insertPost(sql, sora, { content: '며느리밑씻개' })
  await catchUp(search.index)
  expect(await prepareIndex(search.index)).toBe(false)
  for (const name of await indexNames())
    await fetch(`${inject('openSearchUrl')}/${name}`, { method: 'DELETE' })
  const { status, body } = await ask(search.client, {
    as: minji,
    url: `/api/search/posts?keyword=${encodeURIComponent('며느리밑씻개')}`,
  }).catch(() => ({ status: 0, body: {} }))
  expect([status, body.code]).toEqual([0, undefined])
  expect(await prepareIndex(search.index)).toBe(true)
  await catchUp(search.index)
  expect(await search.find(minji, '며느리밑씻개')).toEqual([postId])
})

test('posts of a private account that are more than the hits of a search hide nobody’s', async () => {
  const secret = await insertMember(sql, 'secret', { privacyLevel: 'PRIVATE' })
  const seen = await insertPost(sql, sora, { content: '쇠별꽃' })
  for (let n = 0; n < 5; n += 1) await insertPost(sql, secret, { content: '쇠별꽃' })
  await catchUp(search.index)
  const few = new OpenSearchEngine({
    url: inject('openSearchUrl') ?? '',
    prefix: prefix(),
    shards: 1,
    replicas: 0,
    maxHits: 3,
  })
  const { engine } = search.index
  const match = engine.match
  engine.match = few.match.bind(few)
  try {
    expect(await search.find(minji, '쇠별꽃')).toEqual([seen])
    // The account itself finds the newest of its posts.
    expect(await search.find(secret, '쇠별꽃')).toHaveLength(3)
  } finally {
    engine.match = match
    await few.close()
  }
})

const prefix = () =>
  `${new URL(search.database.urlOf('search')).pathname.slice(1).replaceAll('_', '-')}-`

async function indexNames(): Promise<string[]> {
  const answer = await fetch(`${inject('openSearchUrl')}/_cat/indices/${prefix()}*?h=index`)
  return (await answer.text()).split('\n').filter((name) => name !== '')
}

async function idsInOpenSearch(keyword: string): Promise<number[]> {
  await search.index.engine.refresh('post_index')
  const answer = await fetch(
    `${inject('openSearchUrl')}/${prefix()}post_index/_search?q=text:${encodeURIComponent(keyword)}&size=100`,
  )
  const found = (await answer.json()) as { hits: { hits: { _id: string }[] } }
  return found.hits.hits.map(({ _id }) => Number(_id)).sort((a, b) => a - b)
}

test('indexing fails while OpenSearch is unavailable, and continues without a restart', async () => {
  const own = await startTestOpenSearch()
  const engine = new OpenSearchEngine({
    url: own.url.replace('//', '//somebody:a-secret@'),
    prefix: 'away-',
    shards: 1,
    replicas: 0,
  })
  const index = { sql: search.index.sql, engine }
  try {
    await prepareIndex(index)
    const postId = await insertPost(sql, sora, { content: '쇠뜨기' })
    await own.server.kill()
    const failure = await indexPosts(index, [postId]).catch((error) => error)
    expect(failure).toBeInstanceOf(SearchEngineUnavailableError)
    expect(JSON.stringify([failure.message, failure.stack, failure])).not.toContain('a-secret')
    expect([...(await sql`select from search.post_index where post_id = ${postId}`)]).toEqual([])
    await own.server.start()
    await own.untilReady()
    expect(await prepareIndex(index)).toBe(false)
    expect(await indexPosts(index, [postId])).toBe(1)
  } finally {
    await engine.close()
    await own.stop()
    await prepareIndex(search.index)
  }
}, 60_000)

test('a search while OpenSearch is unavailable is 503 with Retry-After', async () => {
  const lost = new OpenSearchEngine({
    url: 'http://127.0.0.1:9',
    prefix: 'nowhere-',
    shards: 1,
    replicas: 0,
  })
  const { engine } = search.index
  const match = engine.match
  engine.match = lost.match.bind(lost)
  try {
    const url = '/api/search/posts?keyword=x'
    const { status, body, headers } = await ask(search.unrefreshedClient, { as: minji, url })
    expect([status, body.code, headers.get('retry-after')]).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
      '2',
    ])
  } finally {
    engine.match = match
    await lost.close()
  }
})
