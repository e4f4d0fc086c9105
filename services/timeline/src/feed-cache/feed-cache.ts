import { coalesce } from '@dailyfeed/concurrency/coalesce'
import { EVENTS, type StaleInFeedCache } from '@dailyfeed/contract/event-registry'
import type { WriteSignal } from '@dailyfeed/outbox/write-signal'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { ReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { BackgroundQueue } from './background-queue.ts'
import { CachedComments } from './cached-comments.ts'
import { CachedPosts, type PostFragment } from './cached-posts.ts'
import {
  type BackfillRequest,
  FollowingFeeds,
  type FollowingFeedsOptions,
} from './following-feeds.ts'
import { InvalidationLog, Invalidations, type Version } from './versioned-cache.ts'
import type { ChangeRow } from './outbox-changes.queries.ts'
import { OutboxTail, type Poll } from './outbox-tail.ts'
import { RecentPosts } from './recent-posts.ts'
import { RedisBackfill } from './redis-backfill.ts'
import {
  type FragmentList,
  GONE,
  type PageRange,
  type RenderedPage,
  renderPage,
} from './render-page.ts'
import { type Viewer, Viewers } from './viewers.ts'

/** Posts, comments and viewers, cached in this process and never older than the read. */
export interface FeedCache {
  /** At least as fresh as the last commit before the call; view counts may lag two seconds. */
  snapshot(): Promise<FeedSnapshot>
  /**
   * As fresh: the newest posts of the members whom the viewer follows, below the id `before`, or after the first `skip`.
   * Undefined where the page reaches beyond the cached part, which is left to the database.
   */
  followingPage(viewerId: number, page: FollowingRange): Promise<RenderedPage | undefined>
}

export interface FeedSnapshot {
  /** Those of these posts that the viewer sees in feeds, in this order. */
  postsPage(viewerId: number, postIds: readonly number[], range: PageRange): Promise<RenderedPage>
  /** Undefined where it does not exist for the viewer. */
  post(viewerId: number, postId: number): Promise<VisiblePost | undefined>
  /** At the top level, oldest first. Undefined where the page reaches beyond the cached part. */
  commentsPage(
    viewerId: number,
    postId: number,
    page: { skip: number; size: number },
  ): Promise<RenderedPage | undefined>
  /** For `hasWrittenSince`. */
  readonly version: Version
  hasWrittenSince(memberId: number, version: Version): boolean
}

export interface VisiblePost {
  /** In the form of `JsonFragment`. */
  json: string
  fragment: PostFragment
}

/** The part of a following feed that a page shows. */
export interface FollowingRange extends Omit<PageRange, 'index'> {
  /** Only posts with a lower id; undefined: from the top. */
  before: number | undefined
}

export interface FeedCacheOptions extends FollowingFeedsOptions {
  reads: ReadDatabase
  primary: Queryable
  /** Raised by all writers of the process before they answer. Undefined: every read polls the outboxes. */
  signal: WriteSignal | undefined
  /** For tests: posts of everybody that are kept, and milliseconds between two backfills of Redis. */
  recent?: number
  backfillPause?: number
}

/** An unsignalled write, as an operator's SQL or one of another process, is visible within this time. */
const UNSIGNALLED_MS = 1_000
/** Maximum queued backfills of Redis. When the queue is full the feed is not backfilled. */
const MAX_BACKFILLS = 1_000
/** At 600 new readers a second, backfills without a pause between them cost requests 4 ms (p99). */
const BACKFILL_PAUSE_MS = 20

export function createFeedCache(options: FeedCacheOptions): FeedCache {
  return new PolledFeedCache(options)
}

/** Polls the outboxes before each read and invalidates what changed. */
class PolledFeedCache implements FeedCache, FeedSnapshot {
  readonly #signal: WriteSignal | undefined
  readonly #log = new InvalidationLog()
  readonly #writers = new Invalidations(this.#log)
  /** Authors whose profile or privacy changed. */
  readonly #authors = new Invalidations(this.#log)
  readonly #tail: OutboxTail
  readonly #recentPosts: RecentPosts
  readonly #posts: CachedPosts
  readonly #comments: CachedComments
  readonly #viewers: Viewers
  readonly #followingFeeds: FollowingFeeds
  readonly #backfill: RedisBackfill | undefined
  readonly #backfills: BackgroundQueue
  #seenWrites = -1

  constructor(options: FeedCacheOptions) {
    const { reads, primary, signal, redisFeeds, backfillPause = BACKFILL_PAUSE_MS } = options
    this.#signal = signal
    this.#tail = new OutboxTail(primary)
    this.#recentPosts = new RecentPosts(reads, options.recent)
    this.#posts = new CachedPosts(reads, this.#log, this.#authors)
    this.#comments = new CachedComments(reads, this.#log, this.#authors)
    this.#viewers = new Viewers({ reads, primary }, this.#log, this.#authors)
    const parts = { reads, recentPosts: this.#recentPosts, viewers: this.#viewers }
    this.#followingFeeds = new FollowingFeeds(parts, this.#log, options)
    this.#backfill =
      redisFeeds &&
      new RedisBackfill({
        reads,
        redisFeeds,
        recentPosts: this.#recentPosts,
        followingFeeds: this.#followingFeeds,
        log: this.#log,
      })
    this.#backfills = new BackgroundQueue({ maxPending: MAX_BACKFILLS, pause: backfillPause })
  }

  async snapshot(): Promise<FeedSnapshot> {
    const refreshing = this.#refresh()
    if (refreshing !== undefined) await refreshing
    return this
  }

  async followingPage(
    viewerId: number,
    { before, ...range }: FollowingRange,
  ): Promise<RenderedPage | undefined> {
    const refreshing = this.#refresh()
    const cached = this.#followingFeeds.cache.get(viewerId)
    const isCurrent = refreshing === undefined && cached?.mergedAt === this.#recentPosts.arrivals
    const feed = isCurrent && cached ? cached : await this.#loadFeed(viewerId, refreshing)
    const { postIds, authorIds } = feed
    const list = this.#feedList(postIds, authorIds)
    for (;;) {
      const index = before === undefined ? 0 : indexBelow(postIds, before)
      const page = await renderPage(this.#viewers, this.#viewer(viewerId), list, {
        index,
        ...range,
      })
      if (page.hasNext || feed.ended) return page
      const canExtend = index < postIds.length
      if (!canExtend || !(await this.#followingFeeds.extend(viewerId, feed))) return undefined
    }
  }

  postsPage(viewerId: number, postIds: readonly number[], range: PageRange): Promise<RenderedPage> {
    return renderPage(this.#viewers, this.#viewer(viewerId), this.#feedList(postIds), range)
  }

  async post(viewerId: number, postId: number): Promise<VisiblePost | undefined> {
    const fragment = this.#posts.cache.get(postId) ?? (await this.#posts.load([postId])).get(postId)
    if (fragment === undefined || fragment === GONE) return undefined
    const list: FragmentList = {
      ids: [postId],
      kind: 'posts',
      fragments: new Map([[postId, fragment]]),
      showsMuted: true,
    }
    const range = { index: 0, skip: 0, size: 1 }
    const { json } = await renderPage(this.#viewers, this.#viewer(viewerId), list, range)
    return json === '' ? undefined : { json, fragment }
  }

  async commentsPage(
    viewerId: number,
    postId: number,
    { skip, size }: { skip: number; size: number },
  ): Promise<RenderedPage | undefined> {
    const { ids, fragments, ended } = await this.#comments.of(postId)
    const list: FragmentList = { ids, kind: 'comments', fragments, showsMuted: true }
    const range = { index: 0, skip, size }
    const page = await renderPage(this.#viewers, this.#viewer(viewerId), list, range)
    return page.hasNext || ended ? page : undefined
  }

  get version(): Version {
    return this.#log.version
  }

  hasWrittenSince(memberId: number, version: Version): boolean {
    return this.#writers.isInvalidatedSince(memberId, version)
  }

  #feedList(ids: readonly number[], authorIds?: readonly number[]): FragmentList {
    const { cache: fragments, load } = this.#posts
    return { ids, authorIds, kind: 'posts', fragments, load, showsMuted: false }
  }

  #viewer(id: number): Viewer {
    return this.#viewers.cache.get(id) ?? this.#viewers.create(id)
  }

  /** Undefined where nothing was written since the last poll: then no promise, and no query, is needed. */
  #refresh(): Promise<void> | undefined {
    const isFresh =
      this.#signal !== undefined &&
      this.#signal.count === this.#seenWrites &&
      performance.now() - this.#tail.polledAt < UNSIGNALLED_MS
    return isFresh ? undefined : this.#poll()
  }

  /** Callers share polls: see `coalesce`. */
  readonly #poll = coalesce(async () => {
    const writes = this.#signal?.count ?? 0
    const poll = this.#tail.needsResync
      ? await this.#tail.resync(await this.#followingFeeds.resumeFrom())
      : await this.#tail.poll()
    this.#apply(poll)
    this.#seenWrites = writes
  })

  #apply({ isResync, since, changes, watermark }: Poll): void {
    if (isResync) this.#invalidateAll()
    if (since !== undefined) this.#followingFeeds.onWatermark(since)
    for (const change of changes) this.#applyChange(change)
    this.#followingFeeds.onWatermark(watermark)
  }

  #invalidateAll(): void {
    this.#log.invalidateAll()
    this.#posts.cache.clear()
    this.#comments.cache.clear()
    this.#viewers.cache.clear()
    this.#followingFeeds.clear()
    this.#recentPosts.clear()
  }

  #applyChange(change: ChangeRow): void {
    this.#log.advance()
    if (change.post_id !== null) this.#writers.invalidate(change.member_id)
    for (const stale of EVENTS[change.activity_type].invalidates) this.#invalidate[stale](change)
  }

  readonly #invalidate: Record<StaleInFeedCache, (change: ChangeRow) => void> = {
    post: ({ post_id }) => ifSet(post_id, (id) => this.#posts.cache.invalidate(id)),
    newestPosts: ({ post_id, member_id: authorId }) =>
      ifSet(post_id, (postId) => this.#recentPosts.add({ postId, authorId })),
    comments: ({ post_id }) => ifSet(post_id, (id) => this.#comments.cache.invalidate(id)),
    postLikes: ({ post_id, member_id }) =>
      ifSet(post_id, (id) => this.#viewers.invalidateLikes(member_id, 'posts', id)),
    // The change names the post, not the comment.
    commentLikes: ({ member_id }) => this.#viewers.invalidateLikes(member_id, 'comments', null),
    viewers: ({ member_id, target_member_id }) => {
      for (const memberId of [member_id, target_member_id])
        ifSet(memberId, (id) => {
          this.#viewers.cache.invalidate(id)
          this.#followingFeeds.cache.invalidate(id)
        })
    },
    author: ({ member_id }) => {
      this.#authors.invalidate(member_id)
      this.#viewers.invalidateVisibilityOf(member_id)
    },
  }

  async #loadFeed(viewerId: number, refreshing: Promise<void> | undefined) {
    const { feed, backfill } = await this.#followingFeeds.load(viewerId, refreshing)
    if (backfill !== undefined) this.#backfills.add(() => this.#fillRedis(backfill))
    return feed
  }

  async #fillRedis(request: BackfillRequest): Promise<void> {
    const token = await this.#backfill?.start(request)
    if (token === undefined) return
    await this.#refresh()
    await this.#backfill?.complete(token, request)
  }
}

function ifSet(id: number | null, work: (id: number) => void): void {
  if (id !== null) work(id)
}

/** The index of the first id below `before`; ids descend. */
function indexBelow(ids: readonly number[], before: number): number {
  let index = 0
  while (index < ids.length && (ids[index] as number) >= before) index += 1
  return index
}
