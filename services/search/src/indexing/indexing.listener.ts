import { categoryOf } from '@dailyfeed/contract/event-registry'
import { subscriptionsOf } from '@dailyfeed/contract/subscriptions'
import type { EventHandler } from '@dailyfeed/event-listener/event-handler'
import type { SearchEngine } from '../engine/search-engine.ts'
import { findGonePostsWithComments, findOutdatedCommentsIn } from './comment-index.queries.ts'
import { indexComments, indexPosts, unindexCommentsOfGonePosts } from './indexing.service.ts'
import { findOutdatedPostsIn } from './post-index.queries.ts'

const TYPES = subscriptionsOf('search')
const POST_TYPES = new Set(TYPES.filter((type) => categoryOf(type) === 'POST'))
/** The deletion of a post removes its comments from the index too. */
const COMMENT_TYPES = new Set(
  TYPES.filter((type) => categoryOf(type) === 'COMMENT' || type === 'POST_DELETE'),
)

const idsOf = (ids: readonly (number | null | undefined)[]): number[] => [
  ...new Set(ids.filter((id) => typeof id === 'number')),
]

/**
 * An event only says that a post changed; its current state is indexed. Duplicate, late and
 * unordered events therefore do no harm, and no inbox is needed.
 */
export const keepPostIndex = (engine: SearchEngine): EventHandler => ({
  name: 'posts',
  usesInbox: false,
  handles: ({ memberActivityType }) => POST_TYPES.has(memberActivityType),
  async apply(sql, events) {
    const posts = idsOf(events.map(({ postId }) => postId))
    return posts.length === 0 ? 0 : await indexPosts({ sql, engine }, posts)
  },
  async findMissing(sql, events) {
    const outdated = await findOutdatedPostsIn(sql, idsOf(events.map(({ postId }) => postId)))
    return events.filter(({ postId }) => typeof postId === 'number' && outdated.has(postId))
  },
})

export const keepCommentIndex = (engine: SearchEngine): EventHandler => ({
  name: 'comments',
  usesInbox: false,
  handles: ({ memberActivityType }) => COMMENT_TYPES.has(memberActivityType),
  async apply(sql, events) {
    const posts = idsOf(
      events.map((event) =>
        event.memberActivityType === 'POST_DELETE' ? event.postId : undefined,
      ),
    )
    const comments = idsOf(events.map(({ commentId }) => commentId))
    const indexed = comments.length === 0 ? 0 : await indexComments({ sql, engine }, comments)
    const gone = posts.length === 0 ? 0 : await unindexCommentsOfGonePosts({ sql, engine }, posts)
    return indexed + gone
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
