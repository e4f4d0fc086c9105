import type { WriteSignal } from '@dailyfeed/outbox/write-signal'
import type { Sql } from 'postgres'
import type { ChangeRow } from './change.queries.ts'
import { createChangeTail } from './change-tail.ts'
import { createFirstComments } from './first-comments.ts'
import { createFollowedPosts, type FollowedPostsOptions } from './followed-posts.ts'
import { GONE } from './fragment.ts'
import { Heard, type Mark, Touched } from './heard.ts'
import { createPostFragments, type PostFragment } from './post-fragments.ts'
import { readRememberedPage, type RememberedList, type RememberedPage } from './remembered-page.ts'
import { createViewers } from './viewers.ts'

/** What this process remembers of posts, comments and viewers. */
export interface Memory {
  /**
   * Nothing that is read by what this returns is older than the last act that was committed before the call, but views
   * and reconciled counts: those are at most two seconds old.
   */
  now(): Promise<MemoryOfNow>
  /** As of now: newest posts of those whom the viewer follows, below `before`, or after the first `skip`. Undefined where the page reaches beyond what is remembered. */
  followedPosts(
    viewerId: number,
    page: { before: number | undefined; skip: number; size: number },
  ): Promise<RememberedPage | undefined>
}

export interface MemoryOfNow {
  /** The live ones of these posts of wanted authors, in this order, from a place in it and after the first `skip`. */
  listedPosts(
    viewerId: number,
    ids: readonly number[],
    page: { place: number; skip: number; size: number },
  ): Promise<RememberedPage>
  /** Undefined where it is gone, or not for the viewer. */
  post(viewerId: number, postId: number): Promise<RememberedPost | undefined>
  /** At the top level, oldest first. Undefined where the page reaches beyond what is remembered. */
  comments(
    viewerId: number,
    postId: number,
    page: { skip: number; size: number },
  ): Promise<RememberedPage | undefined>
  /** To ask later whether somebody has written since. */
  mark: Mark
  hasWrittenSince(memberId: number, mark: Mark): boolean
}

export interface RememberedPost {
  /** The bytes of UTF-8 in a one-byte string. */
  json: string
  fragment: PostFragment
}

interface MemoryOptions extends Omit<FollowedPostsOptions, 'hear' | 'meet'> {
  primary: Sql
  signal: WriteSignal | undefined
}

/**
 * Acts are heard of by the outboxes, before each read, and whatever they touch is forgotten: so what is remembered is
 * what the database says.
 */
export function createMemory({ primary, signal, ...options }: MemoryOptions): Memory {
  const { reads } = options
  const heard = new Heard()
  const writers = new Touched(heard)
  const authors = new Touched(heard)
  const postFragments = createPostFragments(reads, heard, authors)
  const firstComments = createFirstComments(reads, heard, authors)
  const viewers = createViewers(reads, primary, heard, authors)
  const followedPosts = createFollowedPosts(
    { ...options, hear: () => tail.catchUp(), meet: viewers.meet },
    heard,
  )

  function apply(change: ChangeRow): void {
    heard.next()
    if (change.post_id === null) applyToMembers(change)
    else applyToPost(change, change.post_id)
  }

  function applyToPost(
    { activity_type: type, member_id: memberId }: ChangeRow,
    postId: number,
  ): void {
    writers.touch(memberId)
    postFragments.touchPost(postId)
    if (type === 'POST_CREATE') followedPosts.add(postId, memberId)
    if (type.startsWith('LIKE_POST')) viewers.touchLikes(memberId, 'posts', postId)
    if (type.startsWith('LIKE_COMMENT')) viewers.touchLikes(memberId, 'comments', null)
    if (type.startsWith('LIKE_COMMENT') || type.startsWith('COMMENT'))
      firstComments.touchComments(postId)
  }

  function applyToMembers({
    activity_type: type,
    member_id: memberId,
    target_member_id: targetId,
  }: ChangeRow): void {
    for (const id of [memberId, targetId]) {
      if (id === null) continue
      viewers.touchViewer(id)
      followedPosts.touchMember(id)
    }
    if (type !== 'MEMBER_PROFILE_UPDATE' && type !== 'MEMBER_WITHDRAW' && type !== 'MEMBER_RESTORE')
      return
    authors.touch(memberId)
    viewers.forgetStandsTo(memberId)
  }

  const tail = createChangeTail({
    sql: primary,
    signal,
    apply,
    forget() {
      heard.forget()
      followedPosts.forget()
    },
    reached: followedPosts.reached,
    beginningAt: followedPosts.beginningAt,
  })

  const postsOf = (ids: readonly number[], authors?: readonly number[]): RememberedList => ({
    ids,
    authors,
    kind: 'posts',
    find: postFragments.find,
    load: postFragments.load,
    showsMuted: false,
  })

  const ofNow: MemoryOfNow = {
    listedPosts: (viewerId, ids, page) =>
      readRememberedPage(viewers, viewers.of(viewerId), postsOf(ids), page),

    async post(viewerId, postId) {
      const fragment =
        postFragments.find(postId, performance.now()) ??
        (await postFragments.load([postId])).get(postId)
      if (fragment === undefined || fragment === GONE) return undefined
      const list = { ...postsOf([postId]), find: () => fragment, showsMuted: true }
      const { fragments: json } = await readRememberedPage(viewers, viewers.of(viewerId), list, {
        place: 0,
        skip: 0,
        size: 1,
      })
      return json === '' ? undefined : { json, fragment }
    },

    async comments(viewerId, postId, { skip, size }) {
      const { ids, fragments, ended } = await firstComments.of(postId)
      const list = {
        ids,
        kind: 'comments',
        find: (id: number) => fragments.get(id),
        showsMuted: true,
      } as const
      const page = await readRememberedPage(viewers, viewers.of(viewerId), list, {
        place: 0,
        skip,
        size,
      })
      return page.hasNext || ended ? page : undefined
    },

    get mark() {
      return heard.mark
    },

    hasWrittenSince: (memberId, mark) => writers.isTouchedSince(memberId, mark),
  }

  return {
    async now() {
      const waiting = tail.catchUp()
      if (waiting !== undefined) await waiting
      return ofNow
    },

    async followedPosts(viewerId, { before, skip, size }) {
      const followed = await followedPosts.of(viewerId)
      const { ids, authors } = followed
      for (;;) {
        let place = 0
        if (before !== undefined)
          while (place < ids.length && (ids[place] ?? 0) >= before) place += 1
        const page = await readRememberedPage(
          viewers,
          viewers.of(viewerId),
          postsOf(ids, authors),
          { place, skip, size },
        )
        if (page.hasNext || followed.ended) return page
        // A walk that is far below is not followed.
        if (place === ids.length || !(await followedPosts.extend(viewerId, followed)))
          return undefined
      }
    },
  }
}
