import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import postgres, { type Sql } from 'postgres'
import { followings } from './follow-graph.ts'
import { powerLaw, type Random, randomOf } from './random.ts'
import { sentenceOf } from './sentences.ts'

export interface SeedSize {
  members: number
  posts: number
  follows: number
  /** The same seed makes the same graph and the same posts. */
  seed: number
}

export interface SeedReport extends SeedSize {
  postsPerSecond: number
  seconds: number
}

/** Called with the progress of a step: from 0 to `total`. */
export type OnProgress = (
  step: 'members' | 'follows' | 'posts',
  done: number,
  total: number,
) => void

const THIRTY_DAYS_MILLISECONDS = 30 * 24 * 3_600_000
const ROWS_PER_CHUNK = 2_000

/**
 * Loads members, follows and posts into the tables by COPY. It creates no events and so no activities; the caller
 * rebuilds the search index afterwards.
 */
export async function seed(
  ownerUrl: string,
  { members, posts, follows, seed }: SeedSize,
  onProgress: OnProgress,
): Promise<SeedReport> {
  const sql = postgres(ownerUrl, {
    max: 1,
    types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
    onnotice() {},
  }) as unknown as Sql
  const startedAt = performance.now()
  const random = randomOf(seed)
  try {
    const first = await copyMembers(sql, members, (done) => onProgress('members', done, members))
    await copyFollows(sql, first, random, members, follows, (done) =>
      onProgress('follows', done, follows),
    )
    const postsStartedAt = performance.now()
    await copyPosts(sql, first, random, members, posts, (done) => onProgress('posts', done, posts))
    const postsSeconds = (performance.now() - postsStartedAt) / 1_000
    await sql`analyze member.member, member.follow, content.post`
    return {
      members,
      posts,
      follows,
      seed,
      postsPerSecond: Math.round(posts / postsSeconds),
      seconds: (performance.now() - startedAt) / 1_000,
    }
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** Returns the first id; the others follow without a gap. The members have no password, so nobody can log in as one. */
async function copyMembers(
  sql: Sql,
  count: number,
  progress: (done: number) => void,
): Promise<number> {
  const [range] = await sql<[{ first: number }]>`
    select setval('member.member_id_seq', nextval('member.member_id_seq') + ${count}) - ${count} as first`
  await copy(
    await sql`copy member.member (id, email, member_name, handle, display_name, created_at) from stdin`.writable(),
    count,
    progress,
    (n) => {
      const id = range.first + n
      const name = n % 3 === 0 ? `Member ${id}` : `회원 ${id}`
      return `${id}\tseed${id}@example.com\t${name}\tseed_${id}\t${name}\t${new Date(Date.now() - THIRTY_DAYS_MILLISECONDS).toISOString()}\n`
    },
  )
  return range.first
}

async function copyFollows(
  sql: Sql,
  first: number,
  random: Random,
  members: number,
  follows: number,
  progress: (done: number) => void,
): Promise<void> {
  const stream = await sql`copy member.follow (follower_id, following_id) from stdin`.writable()
  let done = 0
  for (const { follower, following } of followings(random, members, follows)) {
    if (following.length === 0) continue
    await write(stream, following.map((one) => `${first + follower}\t${first + one}\n`).join(''))
    done += following.length
    progress(done)
  }
  await end(stream)
  await sql`
    update member.member set followings_count = coalesce(own.count, 0), followers_count = coalesce(others.count, 0)
    from generate_series(${first}::bigint, ${first + members - 1}::bigint) as seeded(id)
    left join (select follower_id as id, count(*) from member.follow group by 1) own using (id)
    left join (select following_id as id, count(*) from member.follow group by 1) others using (id)
    where member.id = seeded.id`
}

async function copyPosts(
  sql: Sql,
  first: number,
  random: Random,
  members: number,
  count: number,
  progress: (done: number) => void,
): Promise<void> {
  const now = Date.now()
  // Composing a sentence costs more than writing it: a few thousand different ones are enough to search in.
  const sentences = Array.from({ length: 5_000 }, () => sentenceOf(random))
  const sentence = () => sentences[Math.floor(random() * sentences.length)] ?? ''
  await copy(
    await sql`copy content.post (author_id, content, created_at, updated_at) from stdin`.writable(),
    count,
    progress,
    (n) => {
      const author = first + powerLaw(random, members)
      const content = random() < 0.5 ? sentence() : `${sentence()} ${sentence()}`
      // Ids rise with time, as they do for real posts.
      const at = new Date(now - THIRTY_DAYS_MILLISECONDS * (1 - n / count)).toISOString()
      return `${author}\t${content}\t${at}\t${at}\n`
    },
  )
}

async function copy(
  stream: Writable,
  count: number,
  progress: (done: number) => void,
  rowOf: (n: number) => string,
): Promise<void> {
  for (let from = 0; from < count; from += ROWS_PER_CHUNK) {
    const to = Math.min(count, from + ROWS_PER_CHUNK)
    let chunk = ''
    for (let n = from; n < to; n += 1) chunk += rowOf(n)
    await write(stream, chunk)
    progress(to)
  }
  await end(stream)
}

async function write(stream: Writable, chunk: string): Promise<void> {
  if (!stream.write(chunk)) await once(stream, 'drain')
}

async function end(stream: Writable): Promise<void> {
  stream.end()
  await finished(stream)
}
