import type { ListQuery, Scroll } from '@dailyfeed/code/page'
import type { Post } from '@dailyfeed/code/post'
import type { TimelineContext } from '../context.ts'
import { readFeed } from '../feed/feed.ts'
import { isWanted } from '../feed/rules.ts'
import { followingSkeleton } from './following.skeleton.ts'

export const readFollowingFeed = (context: TimelineContext, viewerId: number, query: ListQuery): Promise<Scroll<Post>> =>
  readFeed(context, {
    viewerId,
    query,
    scope: `followings:${viewerId}`,
    rule: isWanted,
    skeletonOf: ({ after }) => followingSkeleton(context.reads, viewerId, after?.[0] as number | undefined),
  })
