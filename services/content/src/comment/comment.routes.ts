import {
  Comment,
  CommentDraft,
  CommentEdit,
  CommentPath,
  ReplyDraft,
} from '@dailyfeed/contract/comment'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import { actorOf } from '../actor.ts'
import type { CreatingContext } from '../context.ts'
import { createComment, editComment, removeComment } from './comment.service.ts'

const tags = ['content']
const config = { acceptsIdempotencyKey: true }

export function commentRoutes(app: HttpServer, context: CreatingContext): void {
  const { once } = context
  app.post(
    '/api/comments',
    {
      config,
      schema: {
        tags,
        summary: 'Comment on a post, or reply',
        body: CommentDraft,
        response: { 201: successOf(Comment) },
      },
    },
    (request, reply) =>
      once({
        request,
        reply,
        status: 201,
        action: (within) => createComment(within, actorOf(request), request.body),
      }),
  )

  app.post(
    '/api/comments/replies',
    {
      config,
      schema: {
        tags,
        summary: 'Reply to a comment',
        body: ReplyDraft,
        response: { 201: successOf(Comment) },
      },
    },
    (request, reply) =>
      once({
        request,
        reply,
        status: 201,
        action: (within) => createComment(within, actorOf(request), request.body),
      }),
  )

  app.put(
    '/api/comments/:commentId',
    {
      schema: {
        tags,
        summary: 'Edit one of my comments',
        params: CommentPath,
        body: CommentEdit,
        response: { 200: successOf(Comment) },
      },
    },
    async (request) => {
      const comment = await editComment(
        context,
        actorOf(request),
        request.params.commentId,
        request.body.content,
      )
      return success(200, comment)
    },
  )

  app.delete(
    '/api/comments/:commentId',
    {
      schema: {
        tags,
        summary: 'Delete one of my comments',
        params: CommentPath,
        response: { 200: successOf(Type.Boolean()) },
      },
    },
    async (request) => {
      await removeComment(context, actorOf(request), request.params.commentId)
      return success(200, true)
    },
  )
}
