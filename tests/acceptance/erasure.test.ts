import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runningFileOf } from '@dailyfeed/platform/running-file'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ask, eventually, type Member, newMember, PASSWORD } from './client.ts'
import { dailyfeed } from './dailyfeed.ts'
import { png } from './png.ts'

/** What is left of a member a month after they withdrew: nothing that names them, in any column of any table, nor a file. */
const UNLIKE_ANY_OTHER = 987_654_321_000
let sql: Sql
let leaver: Member
let friend: Member

beforeAll(async () => {
  const { ownerUrl } = JSON.parse(
    await readFile(runningFileOf(inject('platformDataDir')), 'utf8'),
  ) as { ownerUrl: string }
  sql = postgres(ownerUrl, {
    max: 1,
    onnotice() {},
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
  }) as unknown as Sql
  friend = await newMember()
  // An id that can be told from every other number.
  await sql`select setval(pg_get_serial_sequence('member.member', 'id'), ${UNLIKE_ANY_OTHER + Math.floor(Math.random() * 100_000)})`
  leaver = await newMember()
})
afterAll(() => sql.end())

/** Every column, of whatever type, in which one of these texts stands. */
async function columnsThatName(...texts: string[]): Promise<string[]> {
  const columns = await sql<{ place: string; column: string; type: string }[]>`
    select format('%I.%I', c.table_schema, c.table_name) as place, format('%I', c.column_name) as column, c.data_type as type
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
    where t.table_type = 'BASE TABLE' and c.table_schema not in ('pg_catalog', 'information_schema')`
  expect(columns.length).toBeGreaterThan(100)
  const found: string[] = []
  for (const { place, column, type } of columns) {
    const text = type === 'bytea' ? `encode(${column}, 'escape')` : `${column}::text`
    const [row] = await sql.unsafe(
      `select count(*)::int as rows from ${place} where ${text} like any ($1)`,
      [texts.map((one) => `%${one}%`)],
    )
    if (row?.['rows'] > 0) found.push(`${place}.${column}`)
  }
  return found
}

const made = async (member: Member, path: string, body?: unknown): Promise<number> => {
  const answer = await member.ask('POST', path, body)
  if (answer.status >= 300)
    throw new Error(`${path} answered ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body.data.id
}
const countsOf = async (postId: number) => {
  const { body } = await friend.ask('GET', `/api/timeline/posts/${postId}`)
  return [body.data.likeCount, body.data.commentCount]
}
const followersOf = async (member: Member) =>
  (await member.ask('GET', '/api/members/profile')).body.data.followersCount

test('a member who withdrew 31 days ago is erased from every table, file and count, and e-mail and handle are free again', {
  timeout: 60_000,
}, async () => {
  const [friendsPost, post] = [
    await made(friend, '/api/posts', { content: '남는 글' }),
    await made(leaver, '/api/posts', { content: '떠나는 글 도박' }),
  ]
  const remark = await made(leaver, '/api/comments', {
    postId: friendsPost,
    content: '떠나는 댓글',
  })
  await made(friend, '/api/comments/replies', {
    postId: friendsPost,
    parentId: remark,
    content: '떠나는 댓글의 답글',
  })
  const stays = await made(friend, '/api/comments', { postId: friendsPost, content: '남는 댓글' })
  await made(leaver, '/api/comments/replies', {
    postId: friendsPost,
    parentId: stays,
    content: '떠나는 답글',
  })
  await made(friend, '/api/comments', { postId: post, content: '떠나는 글의 댓글' })
  for (const [member, path] of [
    [leaver, `/api/posts/${friendsPost}/like`],
    [leaver, `/api/comments/${stays}/like`],
    [friend, `/api/posts/${post}/like`],
    [leaver, `/api/members/follow/${friend.id}`],
    [friend, `/api/members/follow/${leaver.id}`],
    [leaver, `/api/members/mute/${friend.id}`],
  ] as const)
    await made(member, path)
  await leaver.ask('GET', `/api/timeline/posts/${friendsPost}`)
  const form = new FormData()
  form.set('image', new Blob([png(300, 300)], { type: 'image/png' }), 'me.png')
  const upload = await leaver.ask('POST', '/api/images/upload/profile', form, {
    'idempotency-key': 'a picture of mine',
  })
  const imageId: string = upload.body.data
  await leaver.ask('PUT', '/api/members/profile', {
    avatarUrl: `/api/images/view/${imageId}`,
    bio: '안녕',
  })
  await sql`
    insert into activity.dead_letter (step, source, payload, error_class, error_message, fingerprint)
    values ('record', 'http:content', ${Buffer.from(`{"memberActivityType":"LIKE_POST","memberId":${leaver.id},"postId":1}`)}, 'Error', 'of a test', 'erasure')`
  await eventually(
    async () =>
      (await sql`select from activity.moderation_item where author_id = ${leaver.id}`).length === 1,
  )
  await eventually(
    async () =>
      (await sql`select from activity.notification where recipient_id = ${leaver.id}`).length >= 2,
  )
  await eventually(
    async () =>
      (await sql`select from search.post_index where author_id = ${leaver.id}`).length === 1,
  )
  await eventually(
    async () =>
      (await sql`select from activity.record where member_id = ${leaver.id} and type = 'POST_READ'`)
        .length === 1,
  )

  expect(
    (await leaver.ask('DELETE', '/api/authentication/deactivate', { password: PASSWORD })).body
      .data,
  ).toBe(true)
  const before = await dailyfeed(['jobs', 'run', 'memberEraseJob'])
  expect([before.code, before.stderr]).toEqual([0, ''])
  // The scan itself finds what is there: members, follows, sessions, posts, comments, likes, events, records, …
  expect(
    (await columnsThatName(String(leaver.id), leaver.email, leaver.handle, '떠나는', imageId))
      .length,
  ).toBeGreaterThan(20)

  await sql`update member.member set withdrawn_at = now() - interval '31 days 1 minute' where id = ${leaver.id}`
  const login = await ask('POST', '/api/authentication/login', {
    email: leaver.email,
    password: PASSWORD,
  })
  expect([login.status, login.body.code]).toEqual([401, 'LOGIN_FAILED'])
  for (let run = 1; run <= 2; run += 1)
    expect([run, (await dailyfeed(['jobs', 'run', 'memberEraseJob'])).code]).toEqual([run, 0])

  // Others' replies that went along are told as deletions: these take effect a moment later.
  await eventually(
    async () =>
      (
        await sql`select from activity.record where type = 'COMMENT_DELETE' and member_id = ${friend.id}`
      ).length === 2,
  )
  expect(
    await columnsThatName(String(leaver.id), leaver.email, leaver.handle, '떠나는', imageId),
  ).toEqual([])
  const files = await readdir(join(inject('platformDataDir')), { recursive: true })
  expect(files.filter((path) => path.includes(imageId))).toEqual([])

  expect(await countsOf(friendsPost)).toEqual([0, 1])
  const comments = await friend.ask('GET', `/api/timeline/posts/${friendsPost}/comments`)
  expect(comments.body.data.content).toMatchObject([{ id: stays, likeCount: 0, replyCount: 0 }])
  expect(await followersOf(friend)).toBe(0)
  const again = {
    email: leaver.email,
    password: PASSWORD,
    memberName: '새 사람',
    handle: leaver.handle,
  }
  expect((await ask('POST', '/api/authentication/signup', again)).status).toBe(201)
})
