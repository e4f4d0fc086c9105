import { Comment, CommentPath } from '@dailyfeed/contract/comment'
import { Id } from '@dailyfeed/contract/field'
import { ListQuery, scrollOf } from '@dailyfeed/contract/page'
import { PostPath } from '@dailyfeed/contract/post'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { answer } from '@dailyfeed/http-server/raw-json'
import Type from 'typebox'
import { reading, type TimelineContext } from '../context.ts'
import {
  readCommentsOfMember,
  readCommentsOfPost,
  readReplies,
  viewComment,
} from './comment.service.ts'

const tags = ['timeline']
const response = { 200: successOf(scrollOf(Comment)) }
const MemberPath = Type.Object({ memberId: Id })

export function commentRoutes(app: HttpServer, context: TimelineContext): void {
  commentsOfMemberRoutes(app, context)

  app.get(
    '/api/timeline/posts/:postId/comments',
    {
      schema: {
        tags,
        summary: 'List the top-level comments of a post, oldest first; size defaults to 100',
        params: PostPath,
        querystring: ListQuery,
        response,
      },
    },
    async (request, reply) =>
      answer(
        reply,
        await readCommentsOfPost(context, request.memberId, request.params.postId, request.query),
      ),
  )

  app.get(
    '/api/timeline/comments/:commentId',
    {
      schema: {
        tags,
        summary: 'Get a comment',
        params: CommentPath,
        response: { 200: successOf(Comment) },
      },
    },
    async (request) =>
      success(
        200,
        await reading(context, (context) =>
          viewComment(context, request.memberId, request.params.commentId, request.traceId),
        ),
      ),
  )

  app.get(
    '/api/timeline/comments/:commentId/replies',
    {
      schema: {
        tags,
        summary: 'List the replies to a comment, oldest first',
        params: CommentPath,
        querystring: ListQuery,
        response,
      },
    },
    async (request) =>
      success(
        200,
        await reading(context, (context) =>
          readReplies(context, request.memberId, request.params.commentId, request.query),
        ),
      ),
  )
}

function commentsOfMemberRoutes(app: HttpServer, context: TimelineContext): void {
  app.get(
    '/api/timeline/comments',
    {
      schema: { tags, summary: 'List my comments, newest first', querystring: ListQuery, response },
    },
    async (request) =>
      success(
        200,
        await reading(context, (context) =>
          readCommentsOfMember(context, request.memberId, request.memberId, request.query),
        ),
      ),
  )

  app.get(
    '/api/timeline/members/:memberId/comments',
    {
      schema: {
        tags,
        summary: 'List the comments of a member, newest first',
        params: MemberPath,
        querystring: ListQuery,
        response,
      },
    },
    async (request) =>
      success(
        200,
        await reading(context, (context) =>
          readCommentsOfMember(context, request.memberId, request.params.memberId, request.query),
        ),
      ),
  )
}
