import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runningFileOf } from '@dailyfeed/platform/running-file'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { eventually } from '../eventually.ts'
import { connectAsOwner } from '../owner-connection.ts'
import { ask } from '../http-client.ts'
import { gateway, type Member, newMember, PASSWORD } from './client.ts'
import { dailyfeed } from './dailyfeed.ts'
import { png } from './png.ts'

/**
 * A month after a withdrawal, no column of any table and no file may name the member. The id of the
 * member is so large that no other number in the database contains its digits.
 */
const FIRST_UNMISTAKABLE_ID = 987_654_321_000
let sql: Sql
let leaver: Member
let friend: Member

beforeAll(async () => {
  const { ownerUrl } = JSON.parse(
    await readFile(runningFileOf(inject('platformDataDir')), 'utf8'),
  ) as { ownerUrl: string }
  sql = connectAsOwner(ownerUrl, 1)
  friend = await newMember()
  const id = FIRST_UNMISTAKABLE_ID + Math.floor(Math.random() * 100_000)
  await sql`select setval(pg_get_serial_sequence('member.member', 'id'), ${id})`
  leaver = await newMember()
})
afterAll(() => sql.end())

/** Every column of any type that contains one of these texts. */
async function columnsThatName(...texts: string[]): Promise<string[]> {
  const columns = await sql<{ table: string; column: string; type: string }[]>`
    select format('%I.%I', c.table_schema, c.table_name) as table,
           format('%I', c.column_name) as column, c.data_type as type
    from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where t.table_type = 'BASE TABLE'
      and c.table_schema not in ('pg_catalog', 'information_schema')`
  expect(columns.length).toBeGreaterThan(100)
  const found: string[] = []
  for (const { table, column, type } of columns) {
    const text = type === 'bytea' ? `encode(${column}, 'escape')` : `${column}::text`
    const [row] = await sql.unsafe(
      `select count(*)::int as rows from ${table} where ${text} like any ($1)`,
      [texts.map((one) => `%${one}%`)],
    )
    if (row?.['rows'] > 0) found.push(`${table}.${column}`)
  }
  return found
}

const made = async (member: Member, path: string, body?: unknown): Promise<number> => {
  const answer = await ask(member, { method: 'POST', url: path, body })
  if (answer.status >= 300)
    throw new Error(`${path} answered ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body.data.id
}
const countsOf = async (postId: number) => {
  const { body } = await ask(friend, { url: `/api/timeline/posts/${postId}` })
  return [body.data.likeCount, body.data.commentCount]
}
const followersOf = async (member: Member) =>
  (await ask(member, { url: '/api/members/profile' })).body.data.followersCount

/** The leaver posts, comments, likes, follows, reads and uploads; others answer and like. */
async function writeEverywhere() {
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
  await ask(leaver, { url: `/api/timeline/posts/${friendsPost}` })
  const form = new FormData()
  form.set('image', new Blob([png(300, 300)], { type: 'image/png' }), 'me.png')
  const upload = await ask(leaver, {
    url: '/api/images/upload/profile',
    body: form,
    headers: {
      'idempotency-key': 'a picture of mine',
    },
  })
  const imageId: string = upload.body.data
  await ask(leaver, {
    method: 'PUT',
    url: '/api/members/profile',
    body: {
      avatarUrl: `/api/images/view/${imageId}`,
      bio: '안녕',
    },
  })
  const event = { memberActivityType: 'LIKE_POST', memberId: leaver.id, postId: 1 }
  await sql`
    insert into activity.dead_letter
      (step, source, payload, error_class, error_message, fingerprint)
    values (
      'record', 'http:content', ${Buffer.from(JSON.stringify(event))},
      'Error', 'of a test', 'erasure')`
  return { friendsPost, stays, imageId }
}

/** Waits until the events of these writes took effect in every service. */
async function awaitTraces(): Promise<void> {
  await eventually(
    'the post is in the moderation queue',
    async () =>
      (await sql`select from activity.moderation_item where author_id = ${leaver.id}`).count,
    (rows) => rows === 1,
  )
  await eventually(
    'like and comment have notified the member',
    async () =>
      (await sql`select from activity.notification where recipient_id = ${leaver.id}`).count,
    (rows) => rows >= 2,
  )
  await eventually(
    'the post is indexed',
    async () => (await sql`select from search.post_index where author_id = ${leaver.id}`).count,
    (rows) => rows === 1,
  )
  await eventually(
    'the view is recorded',
    async () =>
      (
        await sql`
          select from activity.record where member_id = ${leaver.id} and type = 'POST_READ'`
      ).count,
    (rows) => rows === 1,
  )
}

test('a member withdrawn 31 days ago is erased from tables, files and counts; the handle is free', async () => {
  const { friendsPost, stays, imageId } = await writeEverywhere()
  await awaitTraces()
  expect(
    (
      await ask(leaver, {
        method: 'DELETE',
        url: '/api/authentication/deactivate',
        body: { password: PASSWORD },
      })
    ).body.data,
  ).toBe(true)
  const before = await dailyfeed(['jobs', 'run', 'memberEraseJob'])
  expect([before.code, before.stderr]).toEqual([0, ''])
  // A positive control: before the erasure the scan finds members, follows, sessions, posts and more.
  const traces = [String(leaver.id), leaver.email, leaver.handle, '떠나는', imageId]
  expect((await columnsThatName(...traces)).length).toBeGreaterThan(20)

  await sql`
    update member.member set withdrawn_at = now() - interval '31 days 1 minute'
    where id = ${leaver.id}`
  const login = await ask(gateway(), {
    url: '/api/authentication/login',
    body: {
      email: leaver.email,
      password: PASSWORD,
    },
  })
  expect([login.status, login.body.code]).toEqual([401, 'LOGIN_FAILED'])
  for (let run = 1; run <= 2; run += 1)
    expect([run, (await dailyfeed(['jobs', 'run', 'memberEraseJob'])).code]).toEqual([run, 0])

  // Replies of other members below the erased comments are published as deletions.
  await eventually(
    'the deletions of two replies are recorded',
    async () =>
      (
        await sql`
          select from activity.record
          where type = 'COMMENT_DELETE' and member_id = ${friend.id}`
      ).count,
    (rows) => rows === 2,
  )
  expect(await columnsThatName(...traces)).toEqual([])
  const files = await readdir(join(inject('platformDataDir')), { recursive: true })
  expect(files.filter((path) => path.includes(imageId))).toEqual([])

  expect(await countsOf(friendsPost)).toEqual([0, 1])
  const comments = await ask(friend, { url: `/api/timeline/posts/${friendsPost}/comments` })
  expect(comments.body.data.content).toMatchObject([{ id: stays, likeCount: 0, replyCount: 0 }])
  expect(await followersOf(friend)).toBe(0)
  const again = {
    email: leaver.email,
    password: PASSWORD,
    memberName: '새 사람',
    handle: leaver.handle,
  }
  expect((await ask(gateway(), { url: '/api/authentication/signup', body: again })).status).toBe(
    201,
  )
})
