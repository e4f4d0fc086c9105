import { ListQuery, scrollOf } from '@dailyfeed/contract/page'
import { Post } from '@dailyfeed/contract/post'
import { successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { answer } from '@dailyfeed/http-server/raw-json'
import Type from 'typebox'
import type { TimelineContext } from '../context.ts'
import { RANKING_SCOPES, RANKING_WINDOWS, RANKINGS, type Ranking } from './ranking.ts'
import { readRanking } from './ranking.service.ts'

const RankingQuery = Type.Object({
  ...ListQuery.properties,
  window: Type.Optional(
    Type.Enum([...RANKING_WINDOWS], { description: 'only posts created within it; default all' }),
  ),
  scope: Type.Optional(
    Type.Enum([...RANKING_SCOPES], {
      description: '`all`: every post; `followings`: posts of members I follow. Default: all',
    }),
  ),
})

const SUMMARIES: Record<Ranking, string> = {
  'most-popular': 'Posts by views and likes',
  'most-commented': 'Posts by comments',
  'recent-activities': 'Posts by the latest of post or comment',
}

export function rankingRoutes(app: HttpServer, context: TimelineContext): void {
  for (const ranking of RANKINGS) {
    app.get(
      `/api/timeline/posts/${ranking}`,
      {
        schema: {
          tags: ['timeline'],
          summary: SUMMARIES[ranking],
          querystring: RankingQuery,
          response: { 200: successOf(scrollOf(Post)) },
        },
      },
      async (request, reply) =>
        answer(reply, await readRanking(context, request.memberId, ranking, request.query)),
    )
  }
}
