import type { FeedName } from './feeds.ts'

export const WINDOWS = ['1h', '1d', '7d', 'all'] as const
export const SCOPES = ['all', 'followings'] as const

/** The posts that a ranking is computed from. */
export interface FeedFilter {
  window: (typeof WINDOWS)[number]
  scope: (typeof SCOPES)[number]
}

export const NO_FILTER: FeedFilter = { window: 'all', scope: 'all' }

/** Query parameters; the server's defaults are left out. */
export const filterParameters = ({ window, scope }: FeedFilter) => ({
  window: window === 'all' ? undefined : window,
  scope: scope === 'all' ? undefined : scope,
})

/** The last filter of each ranking, for the back button. */
export const lastFilters = new Map<FeedName, FeedFilter>()
