import {
  deleteFollow,
  insertBlock,
  insertFollow,
  insertMember,
  insertMemberEvent,
  insertMute,
} from '@dailyfeed/tests/members'
import fc from 'fast-check'
import type { Sql } from 'postgres'
import { expect } from 'vitest'
import { deletePost, insertPost, insertWriteEvent } from '../content-rows-fixture.ts'
import { histories } from '../histories-fixture.ts'
import type { FeedCache } from './feed-cache.ts'

interface ShownPost {
  id: number
  liked: boolean
  likeCount: number
  authorName: string
}

/** The first page. Undefined where it reaches beyond the cached part. */
export async function readPage(
  cache: FeedCache,
  viewerId: number,
  size = 20,
): Promise<ShownPost[] | undefined> {
  const page = await cache.followingPage(viewerId, { before: undefined, skip: 0, size })
  return page && JSON.parse(Buffer.from(`[${page.json}]`, 'latin1').toString())
}

/** The caches that read feeds in a history, and the actions that happen between reads. */
export interface HistorySubjects {
  /** The cache that serves the next read. */
  cacheFor(pick: number): FeedCache
  /** Names of actions, repeated where they should happen more often; those of the subjects are passed to `perform`. */
  actions?: readonly string[]
  perform?(action: string, pick: number): Promise<void>
  /** Six by default: with fewer, more happens to each. */
  members?: number
  /** Actions of one history at most. */
  length?: number
  /** Settles when no background work is in progress. */
  settled?(): Promise<void>
}

interface Turn {
  /** The acting member and the one that the action is about. */
  actor: number
  subject: number
  /** One of the posts so far. */
  post: number | undefined
  pick: number
  posts: number[]
}

type Perform = (sql: Sql, turn: Turn) => Promise<unknown>

const changeProfile =
  (change: (sql: Sql, turn: Turn) => Promise<unknown>, event: string): Perform =>
  async (sql, turn) => {
    await change(sql, turn)
    await insertMemberEvent(sql, event, turn.actor)
  }

const ACTIONS: Record<string, Perform> = {
  post: async (sql, { actor, posts }) => posts.push(await insertPost(sql, actor)),
  delete: async (sql, { post }) => post !== undefined && deletePost(sql, post),
  follow: async (sql, { actor, subject }) => actor !== subject && insertFollow(sql, actor, subject),
  unfollow: async (sql, { actor, subject }) =>
    actor !== subject && deleteFollow(sql, actor, subject),
  block: async (sql, { actor, subject, pick }) =>
    actor !== subject && pick % 5 === 0 && insertBlock(sql, actor, subject),
  mute: async (sql, { actor, subject, pick }) =>
    actor !== subject && pick % 3 === 0 && insertMute(sql, actor, subject),
  async like(sql, { actor, post }) {
    if (post === undefined) return
    await sql`
      insert into content.post_like (post_id, member_id) values (${post}, ${actor})
      on conflict (post_id, member_id) do update set liked = not post_like.liked`
    await insertWriteEvent(sql, 'LIKE_POST', actor, post)
  },
  rename: changeProfile(
    (sql, { actor, pick }) =>
      sql`update member.member set member_name = ${`name ${pick}`} where id = ${actor}`,
    'MEMBER_PROFILE_UPDATE',
  ),
  hide: changeProfile(
    (sql, { actor, pick }) =>
      sql`update member.member set privacy_level = ${pick % 2 === 0 ? 'PRIVATE' : 'PUBLIC'} where id = ${actor}`,
    'MEMBER_PROFILE_UPDATE',
  ),
  withdraw: changeProfile(
    (sql, { actor }) =>
      sql`update member.member set withdrawn_at = case when withdrawn_at is null then now() end where id = ${actor}`,
    'MEMBER_WITHDRAW',
  ),
  read: async () => {},
}
const EVERY_ACTION = Object.keys(ACTIONS).concat('post', 'post', 'read')

/** The first posts of the viewer's feed, as one query over all rules says at this moment. */
const truthOf = (sql: Sql, viewer: number, size: number) =>
  sql<{ id: number; liked: boolean; name: string }[]>`
    select post.id, author.member_name as name,
           exists (select from content.post_like where post_id = post.id and member_id = ${viewer} and liked) as liked
    from content.post
    join member.follow on following_id = author_id and follower_id = ${viewer}
    join member.public_profile author on author.member_id = author_id
    where deleted_at is null and member.may_see(${viewer}, author_id)
      and not exists (select from member.mute where muter_id = ${viewer} and muted_id = author_id)
    order by post.id desc limit ${size}`

/**
 * Plays random histories: after each action, every page that a cache serves must equal the truth of that moment. Returns
 * how many pages were compared, and how many reached beyond the cached part.
 */
export async function playHistories(
  sql: Sql,
  subjects: HistorySubjects,
  handles: string,
): Promise<{ compared: number; beyond: number }> {
  let members = 0
  const newMember = (fields = {}) => insertMember(sql, `${handles}${++members}`, fields)
  const counts = { compared: 0, beyond: 0 }

  async function compare(viewer: number, pick: number, size: number): Promise<void> {
    const truth = await truthOf(sql, viewer, size)
    const page = await readPage(subjects.cacheFor(pick), viewer, size)
    await subjects.settled?.()
    counts[page === undefined ? 'beyond' : 'compared'] += 1
    if (page === undefined) return
    expect(page.map(({ id, liked, authorName: name }) => ({ id, liked, name }))).toEqual(
      truth.map(({ id, liked, name }) => ({ id, liked, name })),
    )
  }

  const step = fc.record({
    action: fc.constantFrom(...(subjects.actions ?? EVERY_ACTION)),
    member: fc.nat(5),
    pick: fc.nat(60),
    size: fc.integer({ min: 1, max: 6 }),
  })
  const history = fc.array(step, { minLength: 5, maxLength: subjects.length ?? 60 })
  const property = fc.asyncProperty(history, async (steps) => {
    const cast = await Promise.all(
      [{}, {}, {}, { privacyLevel: 'FRIENDS_ONLY' }, {}, {}]
        .slice(0, subjects.members)
        .map(newMember),
    )
    const memberAt = (index: number) => cast[index % cast.length] as number
    const viewers = cast.slice(0, 2)
    const posts: number[] = []
    for (const { action, member, pick, size } of steps) {
      const post = posts[pick % Math.max(1, posts.length)]
      const turn = { actor: memberAt(member), subject: memberAt(pick), post, pick, posts }
      const perform = ACTIONS[action]
      if (perform === undefined) await subjects.perform?.(action, pick)
      else await perform(sql, turn)
      const readers = action === 'read' ? viewers : viewers.slice(pick % 2, (pick % 2) + 1)
      for (const viewer of readers) await compare(viewer, pick, size)
    }
  })
  await fc.assert(property, histories.parameters)
  return counts
}
