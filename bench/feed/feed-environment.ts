import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { seed } from '@dailyfeed/cli/seed/seed'
import { type OwnDatabase, startOwnDatabase } from '@dailyfeed/tests/own-database'
import { connectAsOwner } from '@dailyfeed/tests/owner-connection'
import { testTokens } from '@dailyfeed/tests/tokens'
import type { Sql } from 'postgres'

export interface Reader {
  id: number
  authorization: string
}

/** A growing database, and readers with tokens of a test issuer, so that nobody has to log in. */
export interface FeedEnvironment {
  database: OwnDatabase
  sql: Sql
  /** The address of the key set that verifies the tokens. */
  jwksUrl: string
  /** Adds posts of the same authors until there are so many. */
  growTo(posts: number): Promise<void>
  /** Creates readers that are new to every process, each with different followings. */
  createReaders(count: number, followings: number): Promise<Reader[]>
  stop(): Promise<void>
}

const MEMBERS = 20_000
const FIRST_POSTS = 10_000
const MAX_POSTS = 1_000_000
/** Coprime to `MEMBERS`, so that steps of this size reach every member once. */
const STRIDE = 97

export async function startFeedEnvironment(): Promise<FeedEnvironment> {
  const database = await startOwnDatabase()
  const sql = connectAsOwner(database.ownerUrl, 1)
  await seed(
    database.ownerUrl,
    { members: MEMBERS, posts: FIRST_POSTS, follows: 400_000, seed: 1 },
    () => {},
  )
  // A month older than the posts that are added later, since ids rise with time.
  await sql`
    update content.post
    set created_at = created_at - interval '30 days', updated_at = updated_at - interval '30 days'`
  const [{ first }] = await sql<[{ first: number }]>`select min(id) as first from member.member`
  const tokens = await testTokens()
  const keys = createServer((_request, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(tokens.keySet)),
  )
  keys.listen(0, '127.0.0.1')
  await once(keys, 'listening')
  let posts = FIRST_POSTS
  let readers = 0
  return {
    database,
    sql,
    jwksUrl: `http://127.0.0.1:${(keys.address() as AddressInfo).port}`,
    async growTo(wanted) {
      if (wanted > posts) await addPosts(sql, first, posts, wanted)
      posts = Math.max(posts, wanted)
      // Autovacuum would do the same, which creates the visibility map.
      await sql`vacuum analyze content.post`
    },
    async createReaders(count, followings) {
      const rows = await sql<{ id: number }[]>`
        insert into member.member (email, member_name, handle)
        select 'reader' || n || '@example.com', 'Reader', 'bench_reader_' || n
        from generate_series(${readers + 1}::int, ${readers + count}::int) n
        returning id`
      readers += count
      const ids = rows.map(({ id }) => id)
      await sql`
        insert into member.follow (follower_id, following_id)
        select reader.id, ${first}::bigint + (reader.id * 7919 + n * ${STRIDE}) % ${MEMBERS}
        from unnest(${ids}::bigint[]) reader(id), generate_series(0, ${followings - 1}) n`
      // Autovacuum and a checkpoint would otherwise start during the measurement.
      await sql`vacuum analyze member.member, member.follow`
      await sql`checkpoint`
      return Promise.all(ids.map(async (id) => ({ id, authorization: await tokens.bearerOf(id) })))
    },
    async stop() {
      keys.close()
      keys.closeAllConnections()
      await sql.end({ timeout: 1 })
      await database.stop()
    },
  }
}

/** Adds posts with the sentences of the seed, and with its distribution over authors. */
const addPosts = (sql: Sql, firstAuthor: number, from: number, to: number) => sql`
  with known as (
    select array_agg(content) as sentences
    from (select content from content.post order by id limit 500) oldest
  )
  insert into content.post (author_id, content, created_at, updated_at)
  select
    ${firstAuthor}::bigint + floor(${MEMBERS} * power(random(), 3)),
    known.sentences[1 + n % 500], at, at
  from known, generate_series(${from + 1}::int, ${to}::int) n, lateral (
    select now() - interval '30 days' * (1 - n::float8 / ${MAX_POSTS}) as at) moment`
