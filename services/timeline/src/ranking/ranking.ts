export const RANKINGS = ['most-popular', 'most-commented', 'recent-activities'] as const
export type Ranking = (typeof RANKINGS)[number]

/** Only posts created within it are ranked. */
export const RANKING_WINDOWS = ['1h', '1d', '7d', 'all'] as const
export type RankingWindow = (typeof RANKING_WINDOWS)[number]
