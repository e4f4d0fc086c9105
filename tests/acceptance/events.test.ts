import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'
import { eventually } from '../eventually.ts'
import { connectAsOwner } from '../owner-connection.ts'
import { ask } from '../http-client.ts'
import { type Member, newMember } from './client.ts'

/**
 * Services in separate processes: no write fails because activity-svc is away, and each event takes
 * effect exactly once.
 */
const EACH = 500
let services: SeparateServices
let sql: Sql
let author: Member
let fan: Member

beforeAll(async () => {
  services = await startSeparateServices()
  sql = connectAsOwner(services.database.ownerUrl)
  ;[author, fan] = [await newMember({}, services.url), await newMember({}, services.url)]
})
afterAll(async () => {
  await sql?.end({ timeout: 1 })
  await services?.stopAll()
})

interface Written {
  posts: number[]
  comments: number[]
  /** Milliseconds until each answer. */
  latencies: number[]
}

/**
 * Writes posts, eight at a time, each with a comment and a like. Throws unless every request is
 * acknowledged.
 */
async function write(count: number): Promise<Written> {
  const written: Written = { posts: [], comments: [], latencies: [] }
  const timed = async (member: Member, path: string, body?: object) => {
    const startedAt = performance.now()
    const { status, body: answer } = await ask(member, { method: 'POST', url: path, body })
    written.latencies.push(performance.now() - startedAt)
    if (status >= 300) throw new Error(`${path} answered ${status}: ${JSON.stringify(answer)}`)
    return answer.data
  }
  let left = count
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (left > 0) {
        left -= 1
        const { id } = await timed(author, '/api/posts', { content: `event ${left}` })
        written.posts.push(id)
        written.comments.push(
          (await timed(fan, '/api/comments', { postId: id, content: `comment ${left}` })).id,
        )
        await timed(fan, `/api/posts/${id}/like`)
      }
    }),
  )
  return written
}

/** How many of the written posts, comments and likes activity-svc has recorded. */
async function countRecorded({ posts, comments }: Pick<Written, 'posts' | 'comments'>) {
  const keysOf = (type: string, ids: number[], { id }: Member) =>
    ids.map((subject) => `${type}###${subject}###${id}`)
  const [row] = await sql<[{ posts: number; comments: number; likes: number }]>`
    select
      count(*) filter (where message_key = any (${keysOf('POST_CREATE', posts, author)})) as posts,
      count(*) filter (where message_key = any (${keysOf('COMMENT_CREATE', comments, fan)}))
        as comments,
      count(*) filter (where message_key = any (${keysOf('LIKE_POST', posts, fan)})) as likes
    from activity.record`
  return row
}

const median = (values: number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

test('writes succeed as fast without activity-svc, which records each exactly once when it is back', async () => {
  const before = await write(150)
  await services.end('activity', 'SIGKILL')
  const during = await write(EACH)
  expect(during.latencies).toHaveLength(3 * EACH)
  // A write that waited for activity-svc would take many times as long; the exact figure is the
  // bench's, since the load of this machine differs between the two halves.
  expect(median(during.latencies)).toBeLessThan(median(before.latencies) * 3)
  expect((await countRecorded(during)).posts).toBe(0)

  await services.start('activity')
  await eventually(
    'every post, comment and like is recorded',
    () => countRecorded(during),
    ({ posts, comments, likes }) => posts === EACH && comments === EACH && likes === EACH,
  )

  const checksums = async () =>
    await sql`
      select count(*) as n, md5(string_agg(r::text, '|' order by message_key)) as sum
      from activity.record r
      union all
      select count(*), md5(string_agg(n::text, '|' order by n::text)) from activity.notification n`
  await eventually(
    'no event is pending for activity-svc',
    async () =>
      (await sql`select from content.outbox_pending where destination = 'activity'`).count,
    (pending) => pending === 0,
  )
  const delivered = await checksums()
  expect(await deliverAllAgain()).toBeGreaterThanOrEqual(3 * EACH)
  expect(await checksums()).toEqual(delivered)
})

/** Delivers every event of content-svc once more, as its relay would. Returns how many. */
async function deliverAllAgain(): Promise<number> {
  const rows = await sql`select * from content.outbox order by event_id`
  for (let from = 0; from < rows.length; from += 500) {
    const events = rows.slice(from, from + 500).map((row) => ({
      eventId: row['event_id'],
      schemaVersion: 1,
      messageKey: row['message_key'],
      version: row['version'],
      memberActivityType: row['activity_type'],
      memberId: row['member_id'],
      postId: row['post_id'],
      commentId: row['comment_id'],
      targetMemberId: row['target_member_id'],
      createdAt: row['created_at'],
      updatedAt: row['updated_at'],
      occurredAt: row['occurred_at'],
    }))
    const answer = await fetch(`${services.urlOf('activity')}/internal/member-activity-events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [INTERNAL_TOKEN]: services.internalTokenOf('content'),
      },
      body: JSON.stringify({ events }),
    })
    expect(answer.status).toBe(200)
    const { data } = (await answer.json()) as { data: { applied: number; deadLettered: number } }
    expect(data).toMatchObject({ applied: 0, deadLettered: 0 })
  }
  return rows.length
}

test('content-svc killed three times under load loses no acknowledged write and records each once', async () => {
  const acknowledged: number[] = []
  let writing = true
  const load = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (writing) {
        const answer = await ask(author, {
          url: '/api/posts',
          body: { content: 'under fire' },
        }).catch(() => undefined)
        if (answer?.status === 201) acknowledged.push(answer.body.data.id)
        else await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }),
  )
  const twentyMore = async () => {
    const before = acknowledged.length
    await eventually(
      'twenty more writes are acknowledged',
      () => acknowledged.length - before,
      (more) => more >= 20,
    )
  }
  for (let round = 0; round < 3; round += 1) {
    await twentyMore()
    await services.end('content', 'SIGKILL')
    await services.start('content')
  }
  await twentyMore()
  writing = false
  await load

  const [kept] =
    await sql`select count(*)::int as n from content.post where id = any (${acknowledged})`
  expect(kept?.['n']).toBe(acknowledged.length)
  await eventually(
    `all ${acknowledged.length} acknowledged posts are recorded`,
    async () => (await countRecorded({ posts: acknowledged, comments: [] })).posts,
    (posts) => posts === acknowledged.length,
  )
})

test('a service in a separate process refuses a token as soon as its logout was answered', async () => {
  const leaving = await newMember({}, services.url)
  expect((await ask(leaving, { url: '/api/timeline/posts' })).status).toBe(200)
  await ask(leaving, { method: 'POST', url: '/api/authentication/logout' })
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => ask(leaving, { url: '/api/timeline/posts' })),
  )
  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(401))
})

test('an internal route admits only the callers that it lists', async () => {
  const postAs = (caller: 'image' | 'search' | 'content') =>
    fetch(`${services.urlOf('activity')}/internal/member-activity-events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [INTERNAL_TOKEN]: services.internalTokenOf(caller),
      },
      body: '{"events":[]}',
    }).then(({ status }) => status)
  expect(await postAs('content')).toBe(200)
  expect([401, 403]).toContain(await postAs('image'))
  expect([401, 403]).toContain(await postAs('search'))
})
