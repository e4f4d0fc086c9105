import type { IconName } from '../icon/Icon.tsx'
import type { Dictionary } from '../language/language.ts'

export type FeedName = 'followings' | 'popular' | 'commented' | 'recent' | 'mine'

interface Feed {
  to: '/' | '/popular' | '/commented' | '/recent' | '/me'
  path: string
  icon: IconName
  /** Rankings can be asked for a period. */
  hasWindow: boolean
  empty: (dictionary: Dictionary) => string
}

export const FEEDS: Record<FeedName, Feed> = {
  followings: {
    to: '/',
    path: '/api/timeline/posts/followings',
    icon: 'news',
    hasWindow: false,
    empty: ({ feed }) => feed.followingsEmpty,
  },
  popular: {
    to: '/popular',
    path: '/api/timeline/posts/most-popular',
    icon: 'popular',
    hasWindow: true,
    empty: ({ feed }) => feed.popularEmpty,
  },
  commented: {
    to: '/commented',
    path: '/api/timeline/posts/most-commented',
    icon: 'comment',
    hasWindow: true,
    empty: ({ feed }) => feed.popularEmpty,
  },
  recent: {
    to: '/recent',
    path: '/api/timeline/posts/recent-activities',
    icon: 'recent',
    hasWindow: false,
    empty: ({ feed }) => feed.popularEmpty,
  },
  mine: {
    to: '/me',
    path: '/api/timeline/posts',
    icon: 'mine',
    hasWindow: false,
    empty: ({ feed }) => feed.mineEmpty,
  },
}
