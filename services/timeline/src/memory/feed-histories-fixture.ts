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
import { histories } from '../histories-fixture.ts'
import { deletePost, insertPost, insertWriteEvent } from '../timeline-rows.ts'
import type { Memory } from './memory.ts'

interface RememberedPost {
  id: number
  liked: boolean
  likeCount: number
  authorName: string
}

/** Undefined where the page reaches beyond what is remembered. */
export async function findRemembered(
  memory: Memory,
  viewerId: number,
  size = 20,
): Promise<RememberedPost[] | undefined> {
  const stretch = await memory.followedPosts(viewerId, { before: undefined, skip: 0, size })
  return stretch && JSON.parse(Buffer.from(`[${stretch.fragments}]`, 'latin1').toString())
}

/** What reads feeds in a history, and what can happen to it. */
export interface HistoryReaders {
  /** One of several that share what they can. */
  memory(pick: number): Memory
  /** Names of what can happen, more than once where it should happen more often; what is not known here is told to `happen`. */
  acts?: readonly string[]
  happen?(act: string, pick: number): Promise<void>
  /** Six where nothing else is said: with fewer, more happens to each. */
  members?: number
  /** Acts of one history at most. */
  length?: number
  /** Settles when nothing is under way. */
  settled?(): Promise<void>
}

const EVERY_ACT = [
  'post',
  'post',
  'post',
  'delete',
  'follow',
  'unfollow',
  'block',
  'mute',
  'like',
  'rename',
  'hide',
  'withdraw',
  'read',
  'read',
]

/** Whatever happens between reads, every read is what SQL says at its moment. Returns how many reads were answered from memory. */
export async function playHistories(
  sql: Sql,
  readers: HistoryReaders,
  handles: string,
): Promise<{ reads: number; deeper: number }> {
  let members = 0
  const newMember = (fields = {}) => insertMember(sql, `${handles}${++members}`, fields)
  const counts = { reads: 0, deeper: 0 }
  const act = fc.record({
    act: fc.constantFrom(...(readers.acts ?? EVERY_ACT)),
    member: fc.nat(5),
    pick: fc.nat(60),
    size: fc.integer({ min: 1, max: 6 }),
  })

  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { minLength: 5, maxLength: readers.length ?? 60 }),
      async (acts) => {
        const cast = await Promise.all(
          [{}, {}, {}, { privacyLevel: 'FRIENDS_ONLY' }, {}, {}]
            .slice(0, readers.members)
            .map(newMember),
        )
        const viewers = cast.slice(0, 2)
        const posts: number[] = []
        for (const { act: what, member, pick, size } of acts) {
          const [who, whom] = [
            cast[member % cast.length] as number,
            cast[pick % cast.length] as number,
          ]
          const post = posts[pick % Math.max(1, posts.length)]
          if (what === 'post') posts.push(await insertPost(sql, who))
          if (what === 'delete' && post !== undefined) await deletePost(sql, post)
          if (who !== whom) {
            if (what === 'follow') await insertFollow(sql, who, whom)
            if (what === 'unfollow') await deleteFollow(sql, who, whom)
            if (what === 'block' && pick % 5 === 0) await insertBlock(sql, who, whom)
            if (what === 'mute' && pick % 3 === 0) await insertMute(sql, who, whom)
          }
          if (what === 'like' && post !== undefined) {
            await sql`insert into content.post_like (post_id, member_id) values (${post}, ${who}) on conflict (post_id, member_id) do update set liked = not post_like.liked`
            await insertWriteEvent(sql, 'LIKE_POST', who, post)
          }
          if (what === 'rename')
            await sql`update member.member set member_name = ${`name ${pick}`} where id = ${who}`
          if (what === 'hide')
            await sql`update member.member set privacy_level = ${pick % 2 === 0 ? 'PRIVATE' : 'PUBLIC'} where id = ${who}`
          if (what === 'withdraw')
            await sql`update member.member set withdrawn_at = case when withdrawn_at is null then now() end where id = ${who}`
          if (['rename', 'hide', 'withdraw'].includes(what))
            await insertMemberEvent(
              sql,
              what === 'withdraw' ? 'MEMBER_WITHDRAW' : 'MEMBER_PROFILE_UPDATE',
              who,
            )
          if (!EVERY_ACT.includes(what)) await readers.happen?.(what, pick)
          for (const viewer of what === 'read'
            ? viewers
            : viewers.slice(pick % 2, (pick % 2) + 1)) {
            const truth = await sql<{ id: number; liked: boolean; name: string }[]>`
            select post.id, author.member_name as name,
                   exists (select from content.post_like where post_id = post.id and member_id = ${viewer} and liked) as liked
            from content.post join member.follow on following_id = author_id and follower_id = ${viewer} join member.public_profile author on author.member_id = author_id
            where deleted_at is null and member.may_see(${viewer}, author_id)
              and not exists (select from member.mute where muter_id = ${viewer} and muted_id = author_id)
            order by post.id desc limit ${size}`
            const read = await findRemembered(readers.memory(pick), viewer, size)
            await readers.settled?.()
            counts[read === undefined ? 'deeper' : 'reads'] += 1
            if (read === undefined) continue
            expect(read.map(({ id, liked, authorName: name }) => ({ id, liked, name }))).toEqual(
              truth.map(({ id, liked, name }) => ({ id, liked, name })),
            )
          }
        }
      },
    ),
    histories.parameters,
  )
  return counts
}
