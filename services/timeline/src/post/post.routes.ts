import { Id } from '@dailyfeed/contract/field'
import { ListQuery, pageOf, scrollOf } from '@dailyfeed/contract/page'
import { Post, PostIds, PostPath, PostStatistics } from '@dailyfeed/contract/post'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { answer } from '@dailyfeed/http-server/raw-json'
import Type from 'typebox'
import { reading, type TimelineContext } from '../context.ts'
import {
  getVisiblePostOrThrow,
  readPostsByIds,
  readPostsOf,
  readPostsOfDateRange,
  viewPost,
} from './post.service.ts'

const tags = ['timeline']
const response = { 200: successOf(scrollOf(Post)) }
const AuthorPath = Type.Object({ authorId: Id })
const Day = Type.String({ format: 'date', maxLength: 10, description: 'yyyy-MM-dd in Asia/Seoul' })
const DateRangeQuery = Type.Object({ ...ListQuery.properties, startDate: Day, endDate: Day })

export function postRoutes(app: HttpServer, context: TimelineContext): void {
  postListRoutes(app, context)

  app.post(
    '/api/timeline/posts/query/list',
    {
      schema: {
        tags,
        summary: 'List posts by their ids, in the order of the ids',
        body: PostIds,
        response: { 200: successOf(Type.Array(Post)) },
      },
    },
    async (request) =>
      success(
        200,
        await reading(context, (context) =>
          readPostsByIds(context, request.memberId, request.body.ids),
        ),
      ),
  )

  app.get(
    '/api/timeline/posts/:postId',
    {
      schema: {
        tags,
        summary: 'Get a post and count a view',
        params: PostPath,
        response: { 200: successOf(Post) },
      },
    },
    async (request, reply) =>
      answer(
        reply,
        await viewPost(context, request.memberId, request.params.postId, request.traceId),
      ),
  )

  app.get(
    '/api/timeline/statistics/posts/:postId',
    {
      schema: {
        tags,
        summary: 'Count the comments and likes of a post',
        params: PostPath,
        response: { 200: successOf(PostStatistics) },
      },
    },
    async (request) => {
      const { post } = await reading(context, (context) =>
        getVisiblePostOrThrow(context, request.memberId, request.params.postId),
      )
      return success(200, { commentCount: post.comment_count, likeCount: post.like_count })
    },
  )
}

function postListRoutes(app: HttpServer, context: TimelineContext): void {
  app.get(
    '/api/timeline/posts',
    { schema: { tags, summary: 'List my posts, newest first', querystring: ListQuery, response } },
    async (request) =>
      success(
        200,
        await reading(context, (context) =>
          readPostsOf(context, request.memberId, request.memberId, request.query),
        ),
      ),
  )

  app.get(
    '/api/timeline/posts/authors/:authorId',
    {
      schema: {
        tags,
        summary: 'List the posts of a member, newest first',
        params: AuthorPath,
        querystring: ListQuery,
        response,
      },
    },
    async (request) =>
      success(
        200,
        await reading(context, (context) =>
          readPostsOf(context, request.memberId, request.params.authorId, request.query),
        ),
      ),
  )

  app.get(
    '/api/timeline/posts/date-range',
    {
      schema: {
        tags,
        summary: 'List posts between two days, inclusive, in Asia/Seoul time',
        querystring: DateRangeQuery,
        response: { 200: successOf(pageOf(Post)) },
      },
    },
    async (request) =>
      success(
        200,
        await reading(context, (context) =>
          readPostsOfDateRange(context, request.memberId, request.query),
        ),
      ),
  )
}
