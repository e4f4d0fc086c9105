import type { EventHandler } from '@dailyfeed/event-listener/listener'
import type { SearchEngine } from '../engine/search-engine.ts'
import { findGonePostsWithComments, findOutdatedCommentsIn } from './comment-index.queries.ts'
import {
  indexComments,
  indexPosts,
  unindexCommentsOf,
  unindexCommentsOfGonePosts,
  unindexPostsOf,
} from './indexing.service.ts'
import { findOutdatedPostsIn } from './post-index.queries.ts'

const idsOf = (ids: readonly (number | null | undefined)[]): number[] => [
  ...new Set(ids.filter((id) => typeof id === 'number')),
]

/**
 * An event says only that something changed: what is indexed is the thing as content-svc has it now. So an event that
 * comes twice, late or out of order does no harm, and no inbox is needed.
 */
export const keepPostIndex = (engine: SearchEngine): EventHandler => ({
  name: 'posts',
  usesInbox: false,
  handles: ({ memberActivityType: type }) =>
    type === 'POST_CREATE' ||
    type === 'POST_UPDATE' ||
    type === 'POST_DELETE' ||
    type === 'MEMBER_ERASE',
  async apply(sql, events) {
    const erased = idsOf(
      events.map((event) =>
        event.memberActivityType === 'MEMBER_ERASE' ? event.memberId : undefined,
      ),
    )
    const posts = idsOf(
      events.map((event) =>
        event.memberActivityType === 'MEMBER_ERASE' ? undefined : event.postId,
      ),
    )
    const indexed = posts.length === 0 ? 0 : await indexPosts({ sql, engine }, posts)
    return indexed + (erased.length === 0 ? 0 : await unindexPostsOf({ sql, engine }, erased))
  },
  /** What happened to posts shows in the index; an erasure is asked for again by itself. */
  async findMissing(sql, events) {
    const outdated = await findOutdatedPostsIn(sql, idsOf(events.map(({ postId }) => postId)))
    return events.filter(({ postId }) => typeof postId === 'number' && outdated.has(postId))
  },
})

export const keepCommentIndex = (engine: SearchEngine): EventHandler => ({
  name: 'comments',
  usesInbox: false,
  handles: ({ memberActivityType: type }) =>
    type === 'COMMENT_CREATE' ||
    type === 'COMMENT_UPDATE' ||
    type === 'COMMENT_DELETE' ||
    type === 'POST_DELETE' ||
    type === 'MEMBER_ERASE',
  async apply(sql, events) {
    const erased = idsOf(
      events.map((event) =>
        event.memberActivityType === 'MEMBER_ERASE' ? event.memberId : undefined,
      ),
    )
    const posts = idsOf(
      events.map((event) =>
        event.memberActivityType === 'POST_DELETE' ? event.postId : undefined,
      ),
    )
    const comments = idsOf(events.map(({ commentId }) => commentId))
    const indexed = comments.length === 0 ? 0 : await indexComments({ sql, engine }, comments)
    const gone = posts.length === 0 ? 0 : await unindexCommentsOfGonePosts({ sql, engine }, posts)
    return (
      indexed + gone + (erased.length === 0 ? 0 : await unindexCommentsOf({ sql, engine }, erased))
    )
  },
  async findMissing(sql, events) {
    const outdated = await findOutdatedCommentsIn(
      sql,
      idsOf(events.map(({ commentId }) => commentId)),
    )
    const gone = await findGonePostsWithComments(
      sql,
      idsOf(
        events.map((event) =>
          event.memberActivityType === 'POST_DELETE' ? event.postId : undefined,
        ),
      ),
    )
    return events.filter(
      ({ memberActivityType, commentId, postId }) =>
        (typeof commentId === 'number' && outdated.has(commentId)) ||
        (memberActivityType === 'POST_DELETE' && typeof postId === 'number' && gone.has(postId)),
    )
  },
})
