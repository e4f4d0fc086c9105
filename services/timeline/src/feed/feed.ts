import type { Post } from '@dailyfeed/contract/post'
import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import { listRequestOf, type ListRequest, toScroll } from '@dailyfeed/pagination-support/list'
import type { ReadContext } from '../context.ts'
import { addAuthors, type HydratedPost, postsById } from './hydration.ts'
import type { AuthorRow } from './hydration.queries.ts'
import { toPost } from './post.mapper.ts'
import type { Rule } from './rules.ts'
import type { FeedEntry, Skeleton } from './skeleton.ts'

/** By `page` a feed is served this far; a cursor goes to the very end. */
export const MAX_PAGED_ITEMS = 800
/** Entries looked at in one go: a lateral skeleton costs the square of it. */
const MAX_STRETCH = 200

type FeedItem = HydratedPost & Pick<FeedEntry, 'position'>

interface FeedOptions {
  viewerId: number
  query: ListQuery
  /** Names list, parameters and viewer: what a cursor belongs to. */
  scope: string
  rule: Rule
  /** Begins after the request's cursor, or at the top. */
  skeletonOf: (request: ListRequest) => Skeleton | Promise<Skeleton>
}

/** A feed's page: skeleton → hydration → rules → shape. */
export async function readFeed(
  context: ReadContext,
  { viewerId, query, scope, rule, skeletonOf }: FeedOptions,
): Promise<Scroll<Post>> {
  const request = listRequestOf(query, scope, context.cursors)
  const left = request.page === null ? Number.POSITIVE_INFINITY : MAX_PAGED_ITEMS - request.offset
  const want = Math.min(request.size + 1, left)
  const items =
    want <= 0
      ? []
      : await fillPage(context, viewerId, rule, await skeletonOf(request), {
          skip: request.offset,
          want,
        })
  return toScroll(items, request, context.cursors, ({ position }) => position, toPost)
}

/**
 * The first `want` posts of the skeleton that obey the rule, after `skip` such. Goes on until the page is full, so that
 * it is short only at the end of the list. Authors found hidden are left out of the next stretch, so that one muted
 * author with a thousand posts costs one more look, not fifty.
 */
export async function fillPage(
  context: ReadContext,
  viewerId: number,
  rule: Rule,
  skeleton: Skeleton,
  { skip = 0, want }: { skip?: number; want: number },
): Promise<FeedItem[]> {
  const items: FeedItem[] = []
  const authors = new Map<number, AuthorRow>()
  const hidden = new Set<number>()
  let toSkip = skip
  let limit = Math.min(skip + want, MAX_STRETCH)
  for (;;) {
    const { entries, ended } = await skeleton.next(limit, [...hidden])
    // Nearly always all of them are shown, so their posts are asked for beside their authors.
    const [early] = await Promise.all([
      toSkip === 0
        ? postsById(
            context,
            viewerId,
            entries.map(({ postId }) => postId),
          )
        : undefined,
      addAuthors(
        context,
        viewerId,
        entries.map(({ authorId }) => authorId),
        authors,
      ),
    ])
    const shown: FeedEntry[] = []
    for (const entry of entries) {
      if (!rule(authors.get(entry.authorId))) hidden.add(entry.authorId)
      else if (toSkip > 0) toSkip -= 1
      else shown.push(entry)
    }
    const posts =
      early ??
      (await postsById(
        context,
        viewerId,
        shown.map(({ postId }) => postId),
      ))
    for (const { postId, authorId, position } of shown) {
      const post = posts.get(postId)
      const author = authors.get(authorId)
      if (post !== undefined && author !== undefined) items.push({ post, author, position })
    }
    if (ended || items.length >= want) return items.slice(0, want)
    limit = Math.min(MAX_STRETCH, Math.max(limit * 2, toSkip + want - items.length))
  }
}
