import { CommentPath } from '@dailyfeed/contract/comment'
import { PostPath } from '@dailyfeed/contract/post'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import { actorOf } from '../actor.ts'
import type { CreatingContext } from '../context.ts'
import { likeComment, likePost, unlikeComment, unlikePost } from './like.service.ts'

const tags = ['content']
const config = { acceptsIdempotencyKey: true }
const response = { 200: successOf(Type.Boolean()) }

export function likeRoutes(app: HttpServer, context: CreatingContext): void {
  const { once } = context
  app.post(
    '/api/posts/:postId/like',
    { config, schema: { tags, summary: 'Like a post', params: PostPath, response } },
    (request, reply) =>
      once({
        request,
        reply,
        status: 200,
        action: (within) =>
          likePost(within, actorOf(request), request.params.postId).then(() => true),
      }),
  )

  app.delete(
    '/api/posts/:postId/like',
    { schema: { tags, summary: 'Remove my like from a post', params: PostPath, response } },
    async (request) => {
      await unlikePost(context, actorOf(request), request.params.postId)
      return success(200, true)
    },
  )

  app.post(
    '/api/comments/:commentId/like',
    { config, schema: { tags, summary: 'Like a comment', params: CommentPath, response } },
    (request, reply) =>
      once({
        request,
        reply,
        status: 200,
        action: (within) =>
          likeComment(within, actorOf(request), request.params.commentId).then(() => true),
      }),
  )

  app.delete(
    '/api/comments/:commentId/like',
    { schema: { tags, summary: 'Remove my like from a comment', params: CommentPath, response } },
    async (request) => {
      await unlikeComment(context, actorOf(request), request.params.commentId)
      return success(200, true)
    },
  )
}
