export const RANKINGS = ['most-popular', 'most-commented', 'recent-activities'] as const
export type Ranking = (typeof RANKINGS)[number]

/** Only posts created within it are ranked. */
export const RANKING_WINDOWS = ['1h', '1d', '7d', 'all'] as const
export type RankingWindow = (typeof RANKING_WINDOWS)[number]

/** Whose posts: everybody's, or those of whom the viewer follows. */
export const RANKING_SCOPES = ['all', 'followings'] as const
export type RankingScope = (typeof RANKING_SCOPES)[number]

/** Which order of posts is asked for. */
export interface RankingRequest {
  ranking: Ranking
  window: RankingWindow
  scope: RankingScope
}
