import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { ImageContext } from '../context.ts'
import { isUnchanged } from './etag.ts'
import { getImageBytesOrThrow, getImageTagOrThrow } from './view.service.ts'

/** The bytes at an address never change. */
const CACHE_CONTROL = 'public, max-age=31536000, immutable'

export function viewRoutes(app: HttpServer, context: ImageContext): void {
  app.get(
    '/api/images/view/:imageId',
    {
      config: { access: 'PUBLIC' },
      schema: {
        tags: ['image'],
        summary: 'Get an image',
        params: Type.Object({
          imageId: Type.String({
            maxLength: 500,
            description: 'Image id; a file extension is ignored',
          }),
        }),
        querystring: Type.Object({
          thumbnail: Type.Optional(
            Type.Boolean({ description: '150 × 150 instead of at most 500 × 500' }),
          ),
        }),
        response: {
          200: {
            description: 'The image',
            content: {
              'image/webp': { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
            },
          },
          304: Type.Unsafe<undefined>({
            type: 'null',
            description: 'The version in If-None-Match is still current',
          }),
        },
      },
    },
    async (request, reply) => {
      const { thumbnail = false } = request.query
      const { id, etag } = await getImageTagOrThrow(context, request.params.imageId, thumbnail)
      const unchanged = isUnchanged(request.headers['if-none-match'], etag)
      const bytes = unchanged ? undefined : await getImageBytesOrThrow(context, id, thumbnail)
      reply
        .header('etag', etag)
        .header('cache-control', CACHE_CONTROL)
        .header('content-security-policy', "default-src 'none'; sandbox")
        .header('cross-origin-resource-policy', 'cross-origin')
        .header('x-content-type-options', 'nosniff')
      if (bytes === undefined) return reply.code(304).send(undefined)
      return reply.type('image/webp').send(bytes)
    },
  )
}
