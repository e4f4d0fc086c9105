import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OwnDatabase, startOwnDatabase } from '../own-database.ts'
import { type Replica, startReplica } from '../replica.ts'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'
import { eventually, type Member, newMember } from './client.ts'

/** The read group over a real streaming replica: never older than what its reader did, never missed when it is away. */
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
  await reader.ask('POST', `/api/members/follow/${writer.id}`)
})
afterAll(async () => {
  await replica?.stop()
  await services?.stopAll()
})

const write = async (content: string): Promise<number> =>
  (await writer.ask('POST', '/api/posts', { title: '', content })).body.data.id
const ids = async (member: Member, path: string): Promise<number[]> => {
  const { status, body } = await member.ask('GET', path)
  if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`)
  return body.data.content.map(({ id }: { id: number }) => id)
}

/** Everything of a post that its writer and its reader see at once. */
async function expectSeen(postId: number, keyword: string): Promise<void> {
  expect((await ids(writer, '/api/timeline/posts'))[0]).toBe(postId)
  expect((await ids(reader, '/api/timeline/posts/followings'))[0]).toBe(postId)
  expect((await reader.ask('GET', `/api/timeline/posts/${postId}`)).status).toBe(200)
  expect((await ids(writer, '/api/timeline/posts/recent-activities'))[0]).toBe(postId)
  expect(await ids(writer, `/api/search/posts?keyword=${encodeURIComponent(keyword)}`)).toEqual([
    postId,
  ])
  const commented = await reader.ask('POST', '/api/comments', {
    postId,
    content: `${keyword} 댓글`,
  })
  expect(commented.status).toBe(201)
  expect(await ids(writer, `/api/timeline/posts/${postId}/comments`)).toEqual([
    commented.body.data.id,
  ])
  expect((await reader.ask('POST', `/api/posts/${postId}/like`)).status).toBeLessThan(300)
  expect((await reader.ask('GET', `/api/timeline/posts/${postId}`)).body.data).toMatchObject({
    liked: true,
    likeCount: 1,
    commentCount: 1,
  })
}

test('what was written a moment ago is read, while the replica keeps up', async () => {
  for (let n = 0; n < 5; n += 1) await expectSeen(await write(`노루귀${n}`), `노루귀${n}`)
})

test('and while its replay stands still: then the primary is read', async () => {
  await replica.pause()
  try {
    for (let n = 0; n < 3; n += 1) await expectSeen(await write(`얼레지${n}`), `얼레지${n}`)
  } finally {
    await replica.resume()
    await replica.caughtUp()
  }
})

test('reads come from the replica when it has caught up', async () => {
  const sql = (await import('postgres')).default(replica.server.urlOf('dailyfeed'), {
    max: 1,
    onnotice() {},
  })
  try {
    const count = async () => {
      const [row] = await sql<
        [{ scans: number }]
      >`select sum(coalesce(idx_scan, 0) + seq_scan)::int as scans from pg_stat_user_tables where schemaname = 'content'`
      return row.scans
    }
    const before = await count()
    for (let n = 0; n < 10; n += 1) await ids(writer, '/api/timeline/posts')
    expect(await eventually(async () => (await count()) > before)).toBe(true)
  } finally {
    await sql.end({ timeout: 1 })
  }
})

test('while the replica is away nothing is refused, and services stay ready', async () => {
  await replica.stop()
  for (let n = 0; n < 3; n += 1) await expectSeen(await write(`처녀치마${n}`), `처녀치마${n}`)
  for (const service of ['timeline', 'search'] as const)
    expect((await fetch(`${services.urlOf(service)}/healthz/ready`)).status).toBe(200)
})
