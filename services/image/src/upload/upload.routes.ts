import { successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { Once } from '@dailyfeed/idempotency/once'
import multipart from '@fastify/multipart'
import Type from 'typebox'
import type { ImageContext } from '../context.ts'
import { holdBytesOfUpload } from './upload-bytes.ts'
import { MULTIPART_LIMITS, readImageFieldOrThrow, refuseOtherBodies } from './multipart-image.ts'
import { prepareUpload } from './upload.service.ts'

/** The client of the founding system (docs/origin.md) uploads with an expired token. */
const ACCEPTS_EXPIRED_SECONDS = 86_400

const UploadForm = Type.Object({
  image: Type.String({
    format: 'binary',
    description: 'JPEG, PNG, GIF, BMP or WebP of at most 10 MiB and 25 megapixels',
  }),
})

interface UploadContext extends ImageContext {
  once: Once<ImageContext>
  /** Bytes of uploads that may be held in memory at once. */
  maxUploadBytes: number
}

export async function uploadRoutes(
  app: HttpServer,
  { once, maxUploadBytes, ...context }: UploadContext,
): Promise<void> {
  const route = {
    config: {
      acceptsExpiredSeconds: ACCEPTS_EXPIRED_SECONDS,
      acceptsIdempotencyKey: true,
      rateClass: 'upload' as const,
    },
    preParsing: [refuseOtherBodies, holdBytesOfUpload(app, maxUploadBytes)],
    // The schema of the body is for the API document alone; the handler checks the parts as they arrive.
    validatorCompiler: () => () => true,
    schema: {
      tags: ['image'],
      summary: 'Upload an image',
      consumes: ['multipart/form-data'],
      body: UploadForm,
      response: { 201: successOf(Type.String({ description: "the image's id" })) },
    },
  }

  // A scope of its own, so that every other route refuses multipart bodies with 415.
  await app.register(async (scope) => {
    await scope.register(multipart, MULTIPART_LIMITS)
    for (const path of ['/api/images/upload/profile', '/api/images/upload']) {
      scope.post(path, route, async (request, reply) => {
        const bytes = await readImageFieldOrThrow(request)
        return once({
          request,
          reply,
          status: 201,
          body: bytes,
          prepare: () => prepareUpload(context, request.memberId, bytes),
        })
      })
    }
  })
}
