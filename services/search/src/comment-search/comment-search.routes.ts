import { CommentHit } from '@dailyfeed/contract/comment'
import { pageOf } from '@dailyfeed/contract/page'
import { PostPath } from '@dailyfeed/contract/post'
import { SearchQuery } from '@dailyfeed/contract/search'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { SearchContext } from '../context.ts'
import { searchComments, searchCommentsOfPost } from './comment-search.service.ts'

const tags = ['search']
const response = { 200: successOf(pageOf(CommentHit)) }

/** These GETs write: before the search they index what the caller wrote and the listener has not processed yet. */
export function commentSearchRoutes(app: HttpServer, context: SearchContext): void {
  app.get(
    '/api/search/comments',
    { schema: { tags, summary: 'Search comments', querystring: SearchQuery, response } },
    async (request) => {
      const page = await searchComments(context, request.memberId, 'comments', request.query)
      return success(200, page)
    },
  )

  app.get(
    '/api/search/comments/advanced',
    {
      schema: {
        tags,
        summary: 'Search comments with operators',
        querystring: SearchQuery,
        response,
      },
    },
    async (request) => {
      const page = await searchComments(
        context,
        request.memberId,
        'comments/advanced',
        request.query,
      )
      return success(200, page)
    },
  )

  app.get(
    '/api/search/comments/posts/:postId',
    {
      schema: {
        tags,
        summary: 'Search the comments of a post',
        params: PostPath,
        querystring: Type.Partial(SearchQuery),
        response,
      },
    },
    async (request) => {
      const page = await searchCommentsOfPost(
        context,
        request.memberId,
        request.params.postId,
        request.query,
      )
      return success(200, page)
    },
  )
}
