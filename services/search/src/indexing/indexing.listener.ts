import { categoryOf } from '@dailyfeed/contract/event-registry'
import type { MemberActivityEvent } from '@dailyfeed/contract/member-activity-event'
import { subscriptionsOf } from '@dailyfeed/contract/subscriptions'
import { type EventHandler, EventsFailedError } from '@dailyfeed/event-listener/event-handler'
import type { SearchEngine } from '../engine/search-engine.ts'
import { findGonePostsWithComments, findOutdatedCommentsIn } from './comment-index.queries.ts'
import type { IndexLimits } from './index-content.ts'
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
 * No statement of a delivery begins later; the delivery is then repeated and continues. Publishers wait 25 s for an
 * answer, and a reader of Kafka without progress is replaced after 30 s.
 */
const DELIVERY_MILLISECONDS = 15_000

/** The documents that could not be indexed, and why. */
type Failures = Map<number, unknown>

const limitsWith = (failures: Failures): IndexLimits => ({
  onFailed: (id, error) => void failures.set(id, error),
  endsAt: performance.now() + DELIVERY_MILLISECONDS,
})

/** Throws EventsFailedError for the events of documents that could not be indexed. */
function failEventsOf(
  events: readonly MemberActivityEvent[],
  idOf: (event: MemberActivityEvent) => number | null | undefined,
  failures: Failures,
  applied: number,
): void {
  if (failures.size === 0) return
  const failed = events.flatMap((event) => {
    const id = idOf(event)
    return typeof id === 'number' && failures.has(id)
      ? [{ eventId: event.eventId, error: failures.get(id) }]
      : []
  })
  throw new EventsFailedError(failed, applied)
}

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
    if (posts.length === 0) return 0
    const failures = new Map<number, unknown>()
    const indexed = await indexPosts({ sql, engine }, posts, limitsWith(failures))
    failEventsOf(events, ({ postId }) => postId, failures, indexed)
    return indexed
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
    const failures = new Map<number, unknown>()
    const indexed =
      comments.length === 0
        ? 0
        : await indexComments({ sql, engine }, comments, limitsWith(failures))
    const gone = posts.length === 0 ? 0 : await unindexCommentsOfGonePosts({ sql, engine }, posts)
    failEventsOf(events, ({ commentId }) => commentId, failures, indexed + gone)
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
