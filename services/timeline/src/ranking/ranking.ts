export const RANKINGS = ['most-popular', 'most-commented', 'recent-activities'] as const
export type Ranking = (typeof RANKINGS)[number]

/** Only posts that were created within the window are ranked. */
export const RANKING_WINDOWS = ['1h', '1d', '7d', 'all'] as const
export type RankingWindow = (typeof RANKING_WINDOWS)[number]

/** Posts of everybody, or of the members whom the viewer follows. */
export const RANKING_SCOPES = ['all', 'followings'] as const
export type RankingScope = (typeof RANKING_SCOPES)[number]

export interface RankingRequest {
  ranking: Ranking
  window: RankingWindow
  scope: RankingScope
}
