import type { Scroll } from '@dailyfeed/contract/page'
import type { Post } from '@dailyfeed/contract/post'
import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import { type ListRequest, toScroll } from '@dailyfeed/pagination-support/list'
import type { FeedEntry, PositionedEntry } from './feed-entry.ts'
import { MAX_PAGED_ITEMS } from './feed-limits.ts'
import {
  type FeedDatabases,
  type HydratedPost,
  loadMissingAuthors,
  loadPosts,
  toPost,
} from './hydration.ts'
import type { AuthorRow } from './hydration.queries.ts'
import type { Rule } from './rules.ts'
import type { Skeleton } from './skeleton.ts'

/** Entries that are judged in one round: the time of a lateral skeleton grows with the square of it. */
const MAX_ROUND = 200

type FeedItem = HydratedPost & Pick<PositionedEntry, 'position'>

interface FeedOptions {
  viewerId: number
  request: ListRequest
  rule: Rule
  /** Begins after the request's cursor, or at the top. */
  skeleton: Skeleton
}

/** One page of a feed from the database: skeleton → hydration → rules → mapper. */
export async function readFeed(
  context: FeedDatabases & { cursors: Cursors },
  { viewerId, request, rule, skeleton }: FeedOptions,
): Promise<Scroll<Post>> {
  const left = request.page === null ? Number.POSITIVE_INFINITY : MAX_PAGED_ITEMS - request.offset
  const limit = Math.min(request.size + 1, left)
  const items =
    limit <= 0
      ? []
      : await fillPage(context, viewerId, rule, skeleton, { skip: request.offset, limit })
  return toScroll(items, request, context.cursors, ({ position }) => position, toPost)
}

/**
 * The first `limit` posts of the skeleton that pass the rule, after `skip` such. Continues until the page is full, so that
 * a page is short only at the end of its list. Authors found hidden are left out of the next round: a muted author with a
 * thousand posts costs one more round, not fifty.
 */
export async function fillPage(
  databases: FeedDatabases,
  viewerId: number,
  rule: Rule,
  skeleton: Skeleton,
  { skip = 0, limit }: { skip?: number; limit: number },
): Promise<FeedItem[]> {
  const items: FeedItem[] = []
  const authors = new Map<number, AuthorRow>()
  const hiddenAuthorIds = new Set<number>()
  let toSkip = skip
  let roundSize = Math.min(skip + limit, MAX_ROUND)
  for (;;) {
    const { entries, ended } = await skeleton.next(roundSize, [...hiddenAuthorIds])
    // Nearly all of these posts pass the rule, so they are loaded in parallel with their authors.
    const [loaded] = await Promise.all([
      toSkip === 0 ? loadPosts(databases, viewerId, postIdsOf(entries)) : undefined,
      loadMissingAuthors(
        databases,
        viewerId,
        entries.map(({ authorId }) => authorId),
        authors,
      ),
    ])
    const shown: PositionedEntry[] = []
    for (const entry of entries) {
      if (!rule(authors.get(entry.authorId))) hiddenAuthorIds.add(entry.authorId)
      else if (toSkip > 0) toSkip -= 1
      else shown.push(entry)
    }
    const posts = loaded ?? (await loadPosts(databases, viewerId, postIdsOf(shown)))
    for (const { postId, authorId, position } of shown) {
      const post = posts.get(postId)
      const author = authors.get(authorId)
      if (post !== undefined && author !== undefined) items.push({ post, author, position })
    }
    if (ended || items.length >= limit) return items.slice(0, limit)
    roundSize = Math.min(MAX_ROUND, Math.max(roundSize * 2, toSkip + limit - items.length))
  }
}

const postIdsOf = (entries: readonly FeedEntry[]) => entries.map(({ postId }) => postId)
