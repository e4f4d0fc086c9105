import { deletePost, editPost, insertPost } from '@dailyfeed/tests/content-rows'
import { ask } from '@dailyfeed/tests/http-client'
import { insertBlock, insertFollow, insertMember } from '@dailyfeed/tests/members'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { catchUp } from '../indexing/catch-up.service.ts'
import { type SearchFixture, searchFixture } from '../search-fixture.ts'

let search: SearchFixture
let sql: SearchFixture['database']['sql']
let minji: number
let sora: number

beforeAll(async () => {
  search = await searchFixture()
  sql = search.database.sql
  minji = await insertMember(sql, 'minji')
  sora = await insertMember(sql, 'Sora_1')
})
afterAll(() => search.close())

/** Posts of sora, indexed. Returns their ids. */
async function posts(...contents: string[]): Promise<number[]> {
  const ids: number[] = []
  for (const content of contents) ids.push(await insertPost(sql, sora, { content }))
  await catchUp(search.index)
  return ids
}
const searchPosts = (query: string, memberId = minji) =>
  ask(search.client, { as: memberId, url: `/api/search/posts${query}` })
const url = (keyword: string, rest = '') => `?keyword=${encodeURIComponent(keyword)}${rest}`

test('GET /api/search/posts answers a page of whole posts, also with a trailing slash', async () => {
  const id = await insertPost(sql, sora, { content: '내용에는 없다', title: '등대지기' })
  await sql`insert into content.post_counter (post_id, post_created_at, view_count, like_count, comment_count) values (${id}, now(), 5, 3, 2)`
  await sql`insert into content.post_like (post_id, member_id) values (${id}, ${minji})`
  await catchUp(search.index)
  const { status, body } = await searchPosts(url('등대지기'))
  expect(status).toBe(200)
  expect(body).toMatchObject({
    status: 200,
    result: 'SUCCESS',
    data: {
      page: 0,
      size: 20,
      totalElements: 1,
      totalPages: 1,
      first: true,
      last: true,
      hasNext: false,
      hasPrevious: false,
      nextCursor: null,
    },
  })
  expect(body.data.content).toMatchObject([
    {
      id,
      title: '등대지기',
      content: '내용에는 없다',
      authorId: sora,
      authorName: 'Member Sora_1',
      authorHandle: 'Sora_1',
      authorAvatarUrl: null,
      viewCount: 5,
      likeCount: 3,
      commentCount: 2,
      liked: true,
    },
  ])
  expect(body.data.content[0].updatedAt).toBe(body.data.content[0].createdAt)
  expect((await searchPosts(`/${url('등대지기')}`)).body).toEqual(body)
})

test('a post without likes, views and comments has zeros', async () => {
  await posts('무관심')
  expect((await searchPosts(url('무관심'))).body.data.content[0]).toMatchObject({
    viewCount: 0,
    likeCount: 0,
    commentCount: 0,
    liked: false,
  })
})

test('+ and %20 are both a space', async () => {
  const [id] = await posts('녹차 말고 홍차')
  expect(
    (await searchPosts('?keyword=%EB%85%B9%EC%B0%A8+%ED%99%8D%EC%B0%A8')).body.data.content[0].id,
  ).toBe(id)
  expect(
    (await searchPosts('?keyword=%EB%85%B9%EC%B0%A8%20%ED%99%8D%EC%B0%A8')).body.data.content[0].id,
  ).toBe(id)
})

test('한글 finds 한글은 and the reverse; decomposed Hangul and English inflections are found too', async () => {
  const [particle, bare, decomposed, english] = await posts(
    '세종의 한글은',
    '우리 한글',
    '한글날'.normalize('NFD'),
    'She was juggling knives',
  )
  expect((await search.find(minji, '한글')).sort()).toEqual([particle, bare, decomposed].sort())
  expect(await search.find(minji, '한글은')).toContain(bare)
  expect(await search.find(minji, 'juggle')).toEqual([english])
})

test('posts with the whole word come first, then newer ones', async () => {
  const [older, inside, newer] = await posts('유자 하나', '자유자재', '유자 둘')
  expect(await search.find(minji, '유자')).toEqual([newer, older, inside])
})

test('"exact words" finds the words next to each other, as they are written', async () => {
  const [together, glued, apart, english, plural] = await posts(
    '새벽길 안개',
    '새벽길안개',
    '안개 낀 새벽길',
    'red kite',
    'red kites',
  )
  expect((await search.find(minji, '"새벽길 안개"')).sort()).toEqual([together, glued].sort())
  expect((await search.find(minji, '새벽길 안개')).sort()).toEqual([together, glued, apart].sort())
  expect(await search.find(minji, '"red kite"')).toEqual([english])
  expect((await search.find(minji, 'red kite')).sort()).toEqual([english, plural].sort())
})

test('-word excludes posts with that word', async () => {
  const [one, both] = await posts('목성 사진', '목성 토성 사진')
  expect((await search.find(minji, '목성')).sort()).toEqual([one, both].sort())
  expect(await search.find(minji, '목성 -토성')).toEqual([one])
})

test('from:handle finds the posts of that member in any case; an unknown handle finds none', async () => {
  const [bySora] = await posts('감나무 아래')
  await insertPost(sql, minji, { content: '감나무 위' })
  expect(await search.find(minji, '감나무 from:sora_1')).toEqual([bySora])
  expect(await search.find(minji, 'from:@SORA_1 감나무')).toEqual([bySora])
  expect(await search.find(minji, '감나무 from:nobody_here')).toEqual([])
  expect((await search.find(minji, 'from:sora_1'))[0]).toBe(bySora)
})

test('since and until are inclusive days of Asia/Seoul', async () => {
  const at = async (createdAt: string) =>
    insertPost(sql, sora, { content: '그믐달', createdAt: new Date(createdAt) })
  const before = await at('2026-10-31T14:59:59.999Z')
  const first = await at('2026-10-31T15:00:00.000Z')
  const last = await at('2026-11-02T14:59:59.999Z')
  const after = await at('2026-11-02T15:00:00.000Z')
  await catchUp(search.index)
  expect((await search.find(minji, '그믐달 since:2026-11-01 until:2026-11-02')).sort()).toEqual(
    [first, last].sort(),
  )
  expect((await search.find(minji, '그믐달 since:2026-11-01')).sort()).toEqual(
    [first, last, after].sort(),
  )
  expect((await search.find(minji, '그믐달 until:2026-10-31')).sort()).toEqual([before])
  expect(await search.find(minji, '그믐달 since:9999-12-31')).toEqual([])
  expect((await search.find(minji, '그믐달 until:9999-12-31')).length).toBe(4)
})

test.each([
  ['no keyword', ''],
  ['an empty keyword', '?keyword='],
  ['spaces', '?keyword=+%20'],
  ['a NUL', '?keyword=a%00b'],
  ['invalid UTF-8', '?keyword=%ff'],
  ['half a surrogate pair', '?keyword=a%ed%a0%80'],
  ['101 characters', url('가'.repeat(101))],
  ['65 lexemes', url('각'.repeat(65))],
  ['33 words', url('a '.repeat(33))],
  ['two keywords', '?keyword=a&keyword=b'],
  ['a bad day', url('비 since:2026-02-30')],
  ['size 0', url('비', '&size=0')],
  ['size 101', url('비', '&size=101')],
  ['page -1', url('비', '&page=-1')],
  ['page abc', url('비', '&page=abc')],
  ['a forged cursor', url('비', '&cursor=AAAA')],
])('%s is 400 VALIDATION_FAILED', async (_what, query) => {
  const { status, body } = await searchPosts(query)
  expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED'])
})

test.each([
  '&',
  '|',
  '!',
  '( ) : *',
  "'",
  "''';--",
  '\\',
  '%_\\',
  '<->',
  'a:*',
  "'a' & !b",
  '(((',
  '100%',
  '-',
  '--a',
  '-부산',
  '"',
  '" "',
  '👍',
  '\u202e',
  'ㅋㅋㅋ',
  'a b '.repeat(16).trim(),
  '각'.repeat(64),
  '가나 '.repeat(32),
  "a'b",
  'from:',
  'from:%',
  'OR OR OR',
  'nul\u200dl',
])('%s is a keyword like any other, and costs at most forty times as much', async (keyword) => {
  const durations = { plain: [] as number[], hostile: [] as number[] }
  for (let n = 0; n < 3; n += 1) {
    for (const [kind, one] of [
      ['plain', '부산'],
      ['hostile', keyword],
    ] as const) {
      const startedAt = performance.now()
      expect((await searchPosts(url(one))).status).toBe(200)
      durations[kind].push(performance.now() - startedAt)
    }
  }
  // The fastest of three, so that other load on the machine does not count.
  expect(Math.min(...durations.hostile)).toBeLessThan(40 * Math.min(...durations.plain))
})

test('a keyword without anything to search for is an empty page', async () => {
  for (const keyword of ['!!', '-부산', '""']) {
    expect((await searchPosts(url(keyword))).body.data).toEqual({
      content: [],
      page: 0,
      size: 20,
      totalElements: 0,
      totalPages: 0,
      first: true,
      last: true,
      hasNext: false,
      hasPrevious: false,
      nextCursor: null,
    })
  }
})

test('deleted and muted posts, and those of invisible authors, are neither shown nor counted', async () => {
  const seen = await insertPost(sql, sora, { content: '오로라' })
  const deleted = await insertPost(sql, sora, { content: '오로라' })
  const hidden: Record<string, number> = {
    withdrawn: await insertMember(sql, 'gone', { withdrawn: true }),
    private: await insertMember(sql, 'private', { privacyLevel: 'PRIVATE' }),
  }
  for (const handle of ['blocker', 'blocked', 'muted'])
    hidden[handle] = await insertMember(sql, handle)
  const friend = await insertMember(sql, 'friend', { privacyLevel: 'FRIENDS_ONLY' })
  for (const author of [...Object.values(hidden), friend])
    await insertPost(sql, author, { content: '오로라' })
  await catchUp(search.index)
  await deletePost(sql, deleted) // without an event: the index still has it
  await insertBlock(sql, hidden['blocker'] ?? 0, minji)
  await insertBlock(sql, minji, hidden['blocked'] ?? 0)
  await sql`insert into member.mute (muter_id, muted_id) values (${minji}, ${hidden['muted'] ?? 0})`
  expect((await searchPosts(url('오로라'))).body.data).toMatchObject({
    content: [{ id: seen }],
    totalElements: 1,
  })
  expect((await searchPosts(url('오로라 from:private'))).body.data).toMatchObject({
    content: [],
    totalElements: 0,
  })
  await insertFollow(sql, minji, friend)
  await insertFollow(sql, friend, minji)
  expect((await searchPosts(url('오로라'))).body.data.totalElements).toBe(2)
  expect(
    (await searchPosts(url('오로라'), hidden['private'])).body.data.content.map(
      ({ authorId }: { authorId: number }) => authorId,
    ),
  ).toContain(hidden['private'])
})

test('pages by number have exact totals, and a page past the end is empty', async () => {
  await posts(...Array.from({ length: 7 }, (_, n) => `만보기 ${n}`))
  const pages = await Promise.all(
    [0, 1, 2, 3, 3_332].map(
      async (page) => (await searchPosts(url('만보기', `&size=3&page=${page}`))).body.data,
    ),
  )
  expect(pages.map(({ content }) => content.length)).toEqual([3, 3, 1, 0, 0])
  for (const page of pages) expect([page.totalElements, page.totalPages]).toEqual([7, 3])
  expect(
    pages.map(({ first, last, hasNext, hasPrevious }) => [first, last, hasNext, hasPrevious]),
  ).toEqual([
    [true, false, true, false],
    [false, false, true, true],
    [false, true, false, true],
    [false, true, false, true],
    [false, true, false, true],
  ])
  expect(
    new Set(pages.flatMap(({ content }) => content.map(({ id }: { id: number }) => id))).size,
  ).toBe(7)
})

test('pagination by cursor returns each post that existed at its start once while others are added', async () => {
  const existing = await posts(
    ...Array.from(
      { length: 30 },
      (_, n) =>
        ['물레방아', '물레방아 돌아가는 물레방아', `빙글 물레방아${n}`, '큰물레방아집'][n % 4] ??
        '',
    ),
  )
  const seen: number[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body } = await searchPosts(
      url('물레방아', `&size=4${cursor === '' ? '' : `&cursor=${cursor}`}`),
    )
    seen.push(...body.data.content.map(({ id }: { id: number }) => id))
    if (cursor !== '') expect(body.data.page).toBeNull()
    cursor = body.data.nextCursor
    await posts('물레방아', '새 물레방아 물레방아')
  }
  expect(new Set(seen).size).toBe(seen.length)
  expect(existing.filter((id) => !seen.includes(id))).toEqual([])
})

test('a cursor belongs to its member, list and keyword', async () => {
  await posts('종이배 하나', '종이배 둘')
  const { nextCursor } = (await searchPosts(url('종이배', '&size=1'))).body.data
  expect((await searchPosts(url('종이배', `&size=1&cursor=${nextCursor}`))).status).toBe(200)
  const others = [
    await searchPosts(url('종이배', `&cursor=${nextCursor}`), sora),
    await searchPosts(url('종이', `&cursor=${nextCursor}`)),
    await ask(search.client, {
      as: minji,
      url: `/api/search/comments${url('종이배', `&cursor=${nextCursor}`)}`,
    }),
    await searchPosts(url('종이배', `&cursor=${nextCursor.slice(0, -2)}`)),
  ]
  expect(others.map(({ status }) => status)).toEqual([400, 400, 400, 400])
})

test('a member’s next search finds their own post, edit and deletion without any event', async () => {
  const id = await insertPost(sql, minji, { content: '방금 쓴 해바라기' })
  expect(await search.find(minji, '해바라기')).toEqual([id])
  await editPost(sql, id, '이제는 수국')
  expect(await search.find(minji, '수국')).toEqual([id])
  expect(await search.find(minji, '해바라기')).toEqual([])
  await deletePost(sql, id)
  expect(await search.find(minji, '수국')).toEqual([])
})

test('the edited post of another member is found by its old words until it is indexed', async () => {
  const [id] = await posts('옛말 백일홍')
  await editPost(sql, id ?? 0, '새말 채송화')
  expect(await search.find(minji, '백일홍')).toEqual([id])
  await catchUp(search.index)
  expect(await search.find(minji, '백일홍')).toEqual([])
  expect(await search.find(minji, '채송화')).toEqual([id])
})

test('a search without a token is 401', async () => {
  const { status } = await ask(search.client, { url: '/api/search/posts?keyword=a' })
  expect(status).toBe(401)
})
