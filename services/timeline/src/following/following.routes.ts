import { ListQuery, scrollOf } from '@dailyfeed/contract/page'
import { Post } from '@dailyfeed/contract/post'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { sendRawJson } from '@dailyfeed/http-server/raw-json'
import { reading, type TimelineContext } from '../context.ts'
import { readFollowingFeed, recallFollowingFeed } from './following.service.ts'

export function followingRoutes(app: HttpServer, context: TimelineContext): void {
  app.get(
    '/api/timeline/posts/followings',
    {
      schema: {
        tags: ['timeline'],
        summary: 'Newest posts of those whom I follow',
        querystring: ListQuery,
        response: { 200: successOf(scrollOf(Post)) },
      },
    },
    async (request, reply) => {
      const recalled = await recallFollowingFeed(context, request.memberId, request.query)
      if (recalled !== undefined) return sendRawJson(reply, recalled) as never
      return success(
        200,
        await reading(context, (context) =>
          readFollowingFeed(context, request.memberId, request.query),
        ),
      )
    },
  )
}
