import { Post, PostDraft, PostPath } from '@dailyfeed/code/post'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import { actorOf } from '../actor.ts'
import type { ContentContext } from '../context.ts'
import { createPost, editPost, removePost } from './post.service.ts'

const tags = ['content']

export function postRoutes(app: HttpServer, context: ContentContext): void {
  app.post('/api/posts', { schema: { tags, summary: 'Write a post', body: PostDraft, response: { 201: successOf(Post) } } }, async (request, reply) => {
    const post = await createPost(context, actorOf(request), request.body)
    return reply.code(201).send(success(201, post))
  })

  app.put(
    '/api/posts/:postId',
    { schema: { tags, summary: 'Edit one of my posts', params: PostPath, body: PostDraft, response: { 200: successOf(Post) } } },
    async (request) => {
      const post = await editPost(context, actorOf(request), request.params.postId, request.body)
      return success(200, post)
    },
  )

  app.delete(
    '/api/posts/:postId',
    { schema: { tags, summary: 'Delete one of my posts', params: PostPath, response: { 200: successOf(Type.Boolean()) } } },
    async (request) => {
      await removePost(context, actorOf(request), request.params.postId)
      return success(200, true)
    },
  )
}
