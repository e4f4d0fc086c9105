import type { Relation } from '@dailyfeed/visibility/visibility'
import fc from 'fast-check'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { insertPost } from '../content-rows.ts'
import { type TestDatabase, testDatabase } from '../database.ts'
import { insertBlock, insertFollow, insertMember, insertMute } from '../members.ts'
import { LISTS, newCache, type StoredGraph } from './visible-lists.ts'

/** One more is possible in the list of names that a notification shows. */
const MEMBERS = 4

interface Graph {
  members: { privacyLevel: Relation['privacyLevel']; withdrawn: boolean }[]
  /** By the index of one member times MEMBERS, and of the other. */
  follows: boolean[]
  blocks: boolean[]
  mutes: boolean[]
}

const pairs = (...odds: boolean[]) =>
  fc.array(fc.constantFrom(...odds), {
    minLength: MEMBERS * MEMBERS,
    maxLength: MEMBERS * MEMBERS,
  })

const graphs: fc.Arbitrary<Graph> = fc.record({
  members: fc.array(
    fc.record({
      privacyLevel: fc.constantFrom<Relation['privacyLevel'][]>(
        'PUBLIC',
        'FRIENDS_ONLY',
        'PRIVATE',
      ),
      withdrawn: fc.constantFrom(false, false, false, true),
    }),
    { minLength: MEMBERS, maxLength: MEMBERS },
  ),
  follows: pairs(true, true, false),
  blocks: pairs(true, false, false, false, false, false, false),
  mutes: pairs(true, false, false, false),
})

let database: TestDatabase
let members = 0

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

function relationOf({ members, follows, blocks, mutes }: Graph, viewer: number, author: number) {
  const [there, back] = [viewer * MEMBERS + author, author * MEMBERS + viewer]
  const isSelf = viewer === author
  const { privacyLevel = 'PUBLIC', withdrawn = false } = members[author] ?? {}
  const relation: Relation = {
    isSelf,
    privacyLevel,
    isWithdrawn: withdrawn,
    isFollowing: !isSelf && follows[there] === true,
    isFollowedBack: !isSelf && follows[back] === true,
    isBlocked: !isSelf && (blocks[there] === true || blocks[back] === true),
    isMuted: !isSelf && mutes[there] === true,
  }
  return relation
}

/** With a post, a comment, a notification and an activity for each list that is to be read. */
async function store(sql: Sql, graph: Graph): Promise<StoredGraph> {
  const memberIds: number[] = []
  for (const fields of graph.members)
    memberIds.push(await insertMember(sql, `graph${++members}`, fields))
  await storeRelations(sql, graph, memberIds)
  const postIds = new Map<number, number>()
  for (const id of memberIds) postIds.set(id, await insertPost(sql, id))
  await sql`truncate search.post_index, search.comment_index`
  await sql`
    insert into search.post_index (post_id, author_id, created_at, version, tokens)
    select id, author_id, created_at, 1, '' from content.post where id = any (${[...postIds.values()]}::bigint[])`
  const [firstId] = memberIds
  await sql`
    with written as (
      insert into content.comment (post_id, depth, author_id, content)
      select ${postIds.get(firstId ?? 0) ?? 0}, 0, id, 'a comment' from unnest(${memberIds}::bigint[]) id
      returning id, post_id, author_id, created_at)
    insert into search.comment_index (comment_id, post_id, author_id, created_at, version, tokens)
    select id, post_id, author_id, created_at, 1, '' from written`
  await sql`
    with opened as (
      insert into activity.notification (recipient_id, type, number, created_at, updated_at)
      select id, 'MEMBER_FOLLOW', 1, now(), now() from unnest(${memberIds}::bigint[]) id
      returning id, recipient_id)
    insert into activity.notification_actor (type, actor_id, subject_id, notification_id, number, version, active, acted_at)
    select 'MEMBER_FOLLOW', actor, recipient_id, opened.id, 1, 1, true, now()
    from opened, unnest(${memberIds}::bigint[]) actor where actor <> recipient_id`
  await sql`
    insert into activity.record (member_id, occurred_at, created_at, updated_at, version, post_id, type, message_key)
    select author_id, now(), now(), now(), 1, id, 'POST_CREATE', 'of post ' || id
    from content.post where id = any (${[...postIds.values()]}::bigint[])`
  return { sql, memberIds, postIds, cache: newCache(sql) }
}

async function storeRelations(sql: Sql, graph: Graph, memberIds: readonly number[]): Promise<void> {
  for (const [one, oneId] of memberIds.entries())
    for (const [other, otherId] of memberIds.entries()) {
      if (one === other) continue
      const pair = one * MEMBERS + other
      if (graph.follows[pair]) await insertFollow(sql, oneId, otherId)
      if (graph.blocks[pair]) await insertBlock(sql, oneId, otherId)
      if (graph.mutes[pair]) await insertMute(sql, oneId, otherId)
    }
}

test('every list shows exactly the members whom the rule lets the viewer see', {
  timeout: 120_000,
}, async () => {
  const shown: Record<string, number> = {}
  await fc.assert(
    fc.asyncProperty(graphs, async (graph) => {
      const stored = await store(database.sql, graph)
      for (const [viewer, viewerId] of stored.memberIds.entries())
        for (const [name, { shownTo, isShown }] of Object.entries(LISTS)) {
          const first = relationOf(graph, viewer, 0)
          const expected = stored.memberIds.filter((_, author) =>
            isShown(relationOf(graph, viewer, author), first),
          )
          const found = new Set(await shownTo(stored, viewerId))
          expect([name, [...found].toSorted((a, b) => a - b)]).toEqual([name, expected])
          shown[name] = (shown[name] ?? 0) + expected.length
        }
    }),
    { numRuns: 40 },
  )
  // A list that never shows anybody would agree with any rule.
  expect(Object.keys(LISTS).filter((name) => (shown[name] ?? 0) === 0)).toEqual([])
})
