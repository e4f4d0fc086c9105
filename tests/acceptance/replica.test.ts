import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OwnDatabase, startOwnDatabase } from '../own-database.ts'
import { connectAsOwner } from '../owner-connection.ts'
import { type Replica, startReplica } from '../replica.ts'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'
import { eventually } from '../eventually.ts'
import { ask } from '../http-client.ts'
import { type Member, newMember } from './client.ts'

/**
 * The read group over a real streaming replica: members always read their own writes, and reads go
 * on when the replica is away.
 */
let database: OwnDatabase
let replica: Replica
let services: SeparateServices
let writer: Member
let reader: Member

beforeAll(async () => {
  database = await startOwnDatabase()
  replica = await startReplica(database)
  services = await startSeparateServices({
    database,
    services: ['member', 'content', 'timeline', 'search', 'activity', 'gateway'],
    env: (service): Record<string, string> =>
      service === 'timeline' || service === 'search'
        ? { DATABASE_READ_URL: replica.urlOf(service) }
        : {},
  })
  ;[writer, reader] = [await newMember({}, services.url), await newMember({}, services.url)]
  await ask(reader, { method: 'POST', url: `/api/members/follow/${writer.id}` })
})
afterAll(async () => {
  await replica?.stop()
  await services?.stopAll()
})

const write = async (content: string): Promise<number> =>
  (await ask(writer, { url: '/api/posts', body: { title: '', content } })).body.data.id
const ids = async (member: Member, path: string): Promise<number[]> => {
  const { status, body } = await ask(member, { url: path })
  if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`)
  return body.data.content.map(({ id }: { id: number }) => id)
}

/** Checks that lists, search, comments and likes show the post and what follows from it at once. */
async function expectVisible(postId: number, keyword: string): Promise<void> {
  expect((await ids(writer, '/api/timeline/posts'))[0]).toBe(postId)
  expect((await ids(reader, '/api/timeline/posts/followings'))[0]).toBe(postId)
  expect((await ask(reader, { url: `/api/timeline/posts/${postId}` })).status).toBe(200)
  expect((await ids(writer, '/api/timeline/posts/recent-activities'))[0]).toBe(postId)
  expect(await ids(writer, `/api/search/posts?keyword=${encodeURIComponent(keyword)}`)).toEqual([
    postId,
  ])
  const commented = await ask(reader, {
    url: '/api/comments',
    body: {
      postId,
      content: `${keyword} 댓글`,
    },
  })
  expect(commented.status).toBe(201)
  expect(await ids(writer, `/api/timeline/posts/${postId}/comments`)).toEqual([
    commented.body.data.id,
  ])
  expect(
    (await ask(reader, { method: 'POST', url: `/api/posts/${postId}/like` })).status,
  ).toBeLessThan(300)
  expect((await ask(reader, { url: `/api/timeline/posts/${postId}` })).body.data).toMatchObject({
    liked: true,
    likeCount: 1,
    commentCount: 1,
  })
}

test('a post is visible at once while the replica keeps up', async () => {
  for (let n = 0; n < 5; n += 1) await expectVisible(await write(`노루귀${n}`), `노루귀${n}`)
})

test('a post is visible at once while the replica’s replay is paused: the primary is read', async () => {
  await replica.pause()
  try {
    for (let n = 0; n < 3; n += 1) await expectVisible(await write(`얼레지${n}`), `얼레지${n}`)
  } finally {
    await replica.resume()
    await replica.caughtUp()
  }
})

test('reads are served by the replica once it has caught up', async () => {
  const sql = connectAsOwner(replica.server.urlOf('dailyfeed'), 1)
  try {
    const countScans = async () => {
      const [row] = await sql<[{ scans: number }]>`
        select sum(coalesce(idx_scan, 0) + seq_scan)::int as scans
        from pg_stat_user_tables where schemaname = 'content'`
      return row.scans
    }
    const before = await countScans()
    await eventually(
      `the replica has scanned tables more than ${before} times`,
      async () => {
        // Reads go to the primary for a second after the replica lagged, so that one is not enough.
        await ids(writer, '/api/timeline/posts')
        return countScans()
      },
      (scans) => scans > before,
    )
  } finally {
    await sql.end({ timeout: 1 })
  }
})

test('while the replica is away no request is refused, and services stay ready', async () => {
  await replica.stop()
  for (let n = 0; n < 3; n += 1) await expectVisible(await write(`처녀치마${n}`), `처녀치마${n}`)
  for (const service of ['timeline', 'search'] as const)
    expect((await fetch(`${services.urlOf(service)}/healthz/ready`)).status).toBe(200)
})
