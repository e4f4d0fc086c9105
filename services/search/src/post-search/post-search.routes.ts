import { pageOf } from '@dailyfeed/contract/page'
import { Post } from '@dailyfeed/contract/post'
import { SearchQuery } from '@dailyfeed/contract/search'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { SearchContext } from '../context.ts'
import { searchPosts } from './post-search.service.ts'

/** This GET writes: before the search it indexes what the caller wrote and the listener has not processed yet. */
export function postSearchRoutes(app: HttpServer, context: SearchContext): void {
  app.get(
    '/api/search/posts',
    {
      schema: {
        tags: ['search'],
        summary: 'Search posts',
        querystring: SearchQuery,
        response: { 200: successOf(pageOf(Post)) },
      },
    },
    async (request) => {
      const page = await searchPosts(context, request.memberId, request.query)
      return success(200, page)
    },
  )
}
