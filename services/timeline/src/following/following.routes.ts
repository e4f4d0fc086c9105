import { ListQuery, scrollOf } from '@dailyfeed/contract/page'
import { Post } from '@dailyfeed/contract/post'
import { successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { answer } from '@dailyfeed/http-server/raw-json'
import type { TimelineContext } from '../context.ts'
import { readFollowingFeed } from './following.service.ts'

export function followingRoutes(app: HttpServer, context: TimelineContext): void {
  app.get(
    '/api/timeline/posts/followings',
    {
      schema: {
        tags: ['timeline'],
        summary: 'List posts of the members I follow, newest first',
        querystring: ListQuery,
        response: { 200: successOf(scrollOf(Post)) },
      },
    },
    async (request, reply) =>
      answer(reply, await readFollowingFeed(context, request.memberId, request.query)),
  )
}
