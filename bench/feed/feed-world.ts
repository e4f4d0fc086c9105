import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { seed } from '@dailyfeed/cli/seed/seed'
import { type OwnDatabase, startOwnDatabase } from '@dailyfeed/tests/own-database'
import { testTokens } from '@dailyfeed/tests/tokens'
import postgres, { type Sql } from 'postgres'

export interface Reader {
  id: number
  authorization: string
}

/** A database that grows, and readers whose tokens nobody had to log in for. */
export interface FeedWorld {
  database: OwnDatabase
  sql: Sql
  /** Of the key set by which their tokens are verified. */
  jwksUrl: string
  /** Posts in all, from the same authors. Never fewer than before. */
  growTo(posts: number): Promise<void>
  /** New ones, of whom no process has heard, each with followings of their own among all members. */
  newReaders(count: number, followings: number): Promise<Reader[]>
  stop(): Promise<void>
}

const MEMBERS = 20_000
const FIRST_POSTS = 10_000
const MOST_POSTS = 1_000_000
/** Has no divisor in common with `MEMBERS`: a stride along which nobody is met twice. */
const STRIDE = 97

export async function startFeedWorld(): Promise<FeedWorld> {
  const database = await startOwnDatabase()
  const sql = postgres(database.ownerUrl, {
    max: 1,
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
    onnotice() {},
  }) as unknown as Sql
  await seed(
    database.ownerUrl,
    { members: MEMBERS, posts: FIRST_POSTS, follows: 400_000, seed: 1 },
    () => {},
  )
  // A month older than those that come: ids rise with time.
  await sql`update content.post set created_at = created_at - interval '30 days', updated_at = updated_at - interval '30 days'`
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
      // As autovacuum leaves it: with a visibility map.
      await sql`vacuum analyze content.post`
    },
    async newReaders(count, followings) {
      const rows = await sql<{ id: number }[]>`
        insert into member.member (email, member_name, handle)
        select 'reader' || n || '@example.com', 'Reader', 'bench_reader_' || n from generate_series(${readers + 1}::int, ${readers + count}::int) n returning id`
      readers += count
      const ids = rows.map(({ id }) => id)
      await sql`
        insert into member.follow (follower_id, following_id)
        select reader.id, ${first}::bigint + (reader.id * 7919 + n * ${STRIDE}) % ${MEMBERS}
        from unnest(${ids}::bigint[]) reader(id), generate_series(0, ${followings - 1}) n`
      // As autovacuum leaves them, and not while somebody measures: neither is the writing of what was just inserted.
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

/** As the seed spreads them over authors, with its sentences. */
const addPosts = (sql: Sql, firstAuthor: number, from: number, to: number) => sql`
  with known as (select array_agg(content) as sentences from (select content from content.post order by id limit 500) oldest)
  insert into content.post (author_id, content, created_at, updated_at)
  select ${firstAuthor}::bigint + floor(${MEMBERS} * power(random(), 3)), known.sentences[1 + n % 500], at, at
  from known, generate_series(${from + 1}::int, ${to}::int) n, lateral (select now() - interval '30 days' * (1 - n::float8 / ${MOST_POSTS}) as at) moment`
