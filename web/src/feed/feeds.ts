import type { IconName } from '../icon/Icon.tsx'
import type { Dictionary } from '../language/dictionary.ts'

export type FeedName = 'followings' | 'popular' | 'commented' | 'recent' | 'mine'

interface Feed {
  to: '/' | '/popular' | '/commented' | '/recent' | '/me'
  path: string
  icon: IconName
  /** Rankings can be limited to a period and to followed members. */
  hasFilter: boolean
  emptyText: (dictionary: Dictionary) => string
}

export const FEEDS: Record<FeedName, Feed> = {
  followings: {
    to: '/',
    path: '/api/timeline/posts/followings',
    icon: 'news',
    hasFilter: false,
    emptyText: ({ feed }) => feed.followingsEmpty,
  },
  popular: {
    to: '/popular',
    path: '/api/timeline/posts/most-popular',
    icon: 'popular',
    hasFilter: true,
    emptyText: ({ feed }) => feed.popularEmpty,
  },
  commented: {
    to: '/commented',
    path: '/api/timeline/posts/most-commented',
    icon: 'comment',
    hasFilter: true,
    emptyText: ({ feed }) => feed.popularEmpty,
  },
  recent: {
    to: '/recent',
    path: '/api/timeline/posts/recent-activities',
    icon: 'recent',
    hasFilter: false,
    emptyText: ({ feed }) => feed.popularEmpty,
  },
  mine: {
    to: '/me',
    path: '/api/timeline/posts',
    icon: 'mine',
    hasFilter: false,
    emptyText: ({ feed }) => feed.mineEmpty,
  },
}
