import { Post, PostDraft, PostPath } from '@dailyfeed/contract/post'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import { actorOf } from '../actor.ts'
import type { CreatingContext } from '../context.ts'
import { createPost, editPost, removePost } from './post.service.ts'

const tags = ['content']
const config = { acceptsIdempotencyKey: true }

export function postRoutes(app: HttpServer, context: CreatingContext): void {
  const { once } = context
  app.post(
    '/api/posts',
    {
      config,
      schema: {
        tags,
        summary: 'Write a post',
        body: PostDraft,
        response: { 201: successOf(Post) },
      },
    },
    (request, reply) =>
      once({
        request,
        reply,
        status: 201,
        action: (within) => createPost(within, actorOf(request), request.body),
      }),
  )

  app.put(
    '/api/posts/:postId',
    {
      schema: {
        tags,
        summary: 'Edit one of my posts',
        params: PostPath,
        body: PostDraft,
        response: { 200: successOf(Post) },
      },
    },
    async (request) => {
      const post = await editPost(context, actorOf(request), request.params.postId, request.body)
      return success(200, post)
    },
  )

  app.delete(
    '/api/posts/:postId',
    {
      schema: {
        tags,
        summary: 'Delete one of my posts',
        params: PostPath,
        response: { 200: successOf(Type.Boolean()) },
      },
    },
    async (request) => {
      await removePost(context, actorOf(request), request.params.postId)
      return success(200, true)
    },
  )
}
