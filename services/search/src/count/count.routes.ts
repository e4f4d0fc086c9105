import {
  CommentIds,
  CommentLikeCounts,
  FollowingCounts,
  PostCommentCounts,
  PostLikeCounts,
  PostPks,
  ToMemberIds,
} from '@dailyfeed/contract/search'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { SearchContext } from '../context.ts'
import {
  toCommentLikeCount,
  toFollowingCount,
  toPostCommentCount,
  toPostLikeCount,
} from './count.mapper.ts'
import { findCommentCounts, findFollowerCounts, findPostCounts } from './count.queries.ts'

const tags = ['search']

/** Current counts. There is no service: the only decision, visibility, is part of the queries. */
export function countRoutes(app: HttpServer, { reads, admission }: SearchContext): void {
  const read = <Row>(memberId: number, query: (sql: Queryable) => Promise<Row[]>) =>
    admission.admit(memberId, () => reads.read(query))

  app.post(
    '/api/search/posts/like/query/count/in',
    {
      schema: {
        tags,
        summary: 'Count the likes of posts',
        body: PostPks,
        response: { 200: successOf(PostLikeCounts) },
      },
    },
    async (request) => {
      const rows = await read(request.memberId, (sql) =>
        findPostCounts(sql, request.memberId, request.body.postPks),
      )
      return success(200, rows.map(toPostLikeCount))
    },
  )

  app.post(
    '/api/search/posts/comments/query/count/in',
    {
      schema: {
        tags,
        summary: 'Count the comments of posts',
        body: PostPks,
        response: { 200: successOf(PostCommentCounts) },
      },
    },
    async (request) => {
      const rows = await read(request.memberId, (sql) =>
        findPostCounts(sql, request.memberId, request.body.postPks),
      )
      return success(200, rows.map(toPostCommentCount))
    },
  )

  app.post(
    '/api/search/comments/like/query/count/in',
    {
      schema: {
        tags,
        summary: 'Count the likes of comments',
        body: CommentIds,
        response: { 200: successOf(CommentLikeCounts) },
      },
    },
    async (request) => {
      const rows = await read(request.memberId, (sql) =>
        findCommentCounts(sql, request.memberId, request.body.commentIds),
      )
      return success(200, rows.map(toCommentLikeCount))
    },
  )

  app.post(
    '/api/search/follow/following/query/count/in',
    {
      schema: {
        tags,
        summary: 'Count the followers of members',
        body: ToMemberIds,
        response: { 200: successOf(FollowingCounts) },
      },
    },
    async (request) => {
      const rows = await read(request.memberId, (sql) =>
        findFollowerCounts(sql, request.body.toMemberIds),
      )
      return success(200, rows.map(toFollowingCount))
    },
  )
}
