import { Id } from '@dailyfeed/contract/field'
import { ImageDeletion } from '@dailyfeed/contract/image'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { ImageContext } from '../context.ts'
import { deleteImagesOrThrow, deleteOwnAmong } from './deletion.service.ts'

const response = { 200: successOf(Type.Boolean()) }

export function deletionRoutes(app: HttpServer, context: ImageContext): void {
  app.post(
    '/api/images/view/command/delete/in',
    {
      config: { acceptsPlainTextJson: true },
      schema: {
        tags: ['image'],
        summary: 'Delete my images by ids or addresses',
        body: ImageDeletion,
        response,
      },
    },
    async (request) => {
      await deleteImagesOrThrow(context, request.memberId, request.body.imageUrls)
      return success(200, true)
    },
  )

  app.post(
    '/internal/images/delete',
    {
      config: { access: 'INTERNAL', callers: ['member'] },
      schema: {
        hide: true,
        body: Type.Object({ memberId: Id, ...ImageDeletion.properties }),
        response,
      },
    },
    async (request) => {
      await deleteOwnAmong(context, request.body.memberId, request.body.imageUrls)
      return success(200, true)
    },
  )
}
