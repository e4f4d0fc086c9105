import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'
import { eventually, type Member, newMember } from './client.ts'

/** The promise, over services in processes of their own: no write is refused for activity-svc's sake, and each event takes effect once. */
const EACH = 500
let services: SeparateServices
let sql: Sql
let author: Member
let fan: Member

beforeAll(async () => {
  services = await startSeparateServices()
  sql = postgres(services.database.ownerUrl, {
    max: 2,
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
    onnotice() {},
  }) as unknown as Sql
  ;[author, fan] = [await newMember({}, services.url), await newMember({}, services.url)]
})
afterAll(async () => {
  await sql?.end({ timeout: 1 })
  await services?.stopAll()
})

interface Written {
  posts: number[]
  comments: number[]
  /** Milliseconds each answer took. */
  times: number[]
}

/** Eight at a time: posts, then a comment and a like on each. Throws unless every single one is acknowledged. */
async function write(count: number): Promise<Written> {
  const written: Written = { posts: [], comments: [], times: [] }
  const timed = async (member: Member, path: string, body?: object) => {
    const startedAt = performance.now()
    const { status, body: answer } = await member.ask('POST', path, body)
    written.times.push(performance.now() - startedAt)
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

async function recorded({ posts, comments }: Written) {
  const [row] = await sql<[{ posts: number; comments: number; likes: number }]>`
    select count(*) filter (where message_key = any (${posts.map((id) => `POST_CREATE###${id}###${author.id}`)})) as posts,
           count(*) filter (where message_key = any (${comments.map((id) => `COMMENT_CREATE###${id}###${fan.id}`)})) as comments,
           count(*) filter (where message_key = any (${posts.map((id) => `LIKE_POST###${id}###${fan.id}`)})) as likes
    from (select replace(message_key, 'member_activity:kafka_event:', '') as message_key from activity.record) as records`
  return row
}

const median = (times: number[]) =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0

test('with activity-svc stopped, 500 posts, comments and likes all succeed, no slower than before; started again, it records each once within 10 s; delivered again, nothing changes', async () => {
  const before = await write(150)
  await services.end('activity', 'SIGKILL')
  const during = await write(EACH)
  expect(during.times).toHaveLength(3 * EACH)
  // "No slower" with room for a shared machine's noise; the exact figure is the bench's.
  expect(median(during.times)).toBeLessThan(median(before.times) * 1.5 + 2)
  expect((await recorded(during)).posts).toBe(0)

  await services.start('activity')
  const startedAt = performance.now()
  await eventually(async () => {
    const { posts, comments, likes } = await recorded(during)
    return posts === EACH && comments === EACH && likes === EACH
  }, 10_000)
  expect(performance.now() - startedAt).toBeLessThan(10_000)

  const checksum = async () =>
    (
      await sql`select count(*) as n, md5(string_agg(r::text, '|' order by message_key)) as sum from activity.record r`
    )[0]
  const notifications = async () =>
    (
      await sql`select count(*) as n, md5(string_agg(n::text, '|' order by n::text)) as sum from activity.notification n`
    )[0]
  await eventually(
    async () =>
      (
        await sql`select count(*)::int as n from content.outbox_pending where destination = 'activity'`
      )[0]?.['n'] === 0,
  )
  const [records, told] = [await checksum(), await notifications()]
  expect(await deliverAllAgain()).toBeGreaterThanOrEqual(3 * EACH)
  expect(await checksum()).toEqual(records)
  expect(await notifications()).toEqual(told)
})

/** Every event of content-svc once more, as its relay would send it. Returns how many. */
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

test('content-svc killed with kill -9 under load loses no acknowledged write, and each is recorded once', async () => {
  const acknowledged: number[] = []
  let writing = true
  const load = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (writing) {
        const answer = await author
          .ask('POST', '/api/posts', { content: 'under fire' })
          .catch(() => undefined)
        if (answer?.status === 201) acknowledged.push(answer.body.data.id)
        else await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }),
  )
  for (let round = 0; round < 3; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 400))
    await services.end('content', 'SIGKILL')
    await services.start('content')
  }
  await new Promise((resolve) => setTimeout(resolve, 300))
  writing = false
  await load
  expect(acknowledged.length).toBeGreaterThan(50)
  const [kept] =
    await sql`select count(*)::int as n from content.post where id = any (${acknowledged})`
  expect(kept?.['n']).toBe(acknowledged.length)
  await eventually(
    async () =>
      (await recorded({ posts: acknowledged, comments: [], times: [] })).posts ===
      acknowledged.length,
    15_000,
  )
})

test('after logout a service in a process of its own refuses the bearer at once', async () => {
  const leaving = await newMember({}, services.url)
  expect((await leaving.ask('GET', '/api/timeline/posts')).status).toBe(200)
  await leaving.ask('POST', '/api/authentication/logout')
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => leaving.ask('GET', '/api/timeline/posts')),
  )
  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(401))
})

test('an internal route admits only the callers of its table', async () => {
  const ask = (caller: 'image' | 'search' | 'content') =>
    fetch(`${services.urlOf('activity')}/internal/member-activity-events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [INTERNAL_TOKEN]: services.internalTokenOf(caller),
      },
      body: '{"events":[]}',
    }).then(({ status }) => status)
  expect(await ask('content')).toBe(200)
  expect([401, 403]).toContain(await ask('image'))
  expect([401, 403]).toContain(await ask('search'))
})
