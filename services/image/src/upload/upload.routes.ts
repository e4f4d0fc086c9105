import { successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { Once } from '@dailyfeed/idempotency/once'
import { createRateLimiter } from '@dailyfeed/http-server/rate-limit'
import multipart from '@fastify/multipart'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { ImageContext } from '../context.ts'
import { MULTIPART_LIMITS, readImageFieldOrThrow, refuseOtherBodies } from './multipart-image.ts'
import { uploadImage } from './upload.service.ts'

/** The founding client uploads without looking at its token's end. */
const ACCEPTS_EXPIRED_SECONDS = 86_400

const UploadForm = Type.Object({
  image: Type.String({
    format: 'binary',
    description: 'JPEG, PNG, GIF, BMP or WebP of at most 10 MiB and 25 megapixels',
  }),
})

interface UploadContext {
  once: Once<ImageContext>
  /** Limit for each member; undefined where rate limits are switched off. */
  uploadsPerHour: number | undefined
}

export async function uploadRoutes(
  app: HttpServer,
  { once, uploadsPerHour }: UploadContext,
): Promise<void> {
  const limiter =
    uploadsPerHour === undefined
      ? undefined
      : createRateLimiter({ name: 'default', limit: uploadsPerHour, windowSeconds: 3_600 })
  const countUpload = async (request: FastifyRequest, reply: FastifyReply) => {
    await limiter?.countOrThrow(request.memberId, reply)
  }
  const route = {
    config: { acceptsExpiredSeconds: ACCEPTS_EXPIRED_SECONDS, acceptsIdempotencyKey: true },
    preParsing: [refuseOtherBodies, countUpload],
    // The form describes itself in the API documents; its parts are judged as they stream in.
    validatorCompiler: () => () => true,
    schema: {
      tags: ['image'],
      summary: 'Upload an image',
      consumes: ['multipart/form-data'],
      body: UploadForm,
      response: { 201: successOf(Type.String({ description: "the image's id" })) },
    },
  }

  // In a scope of its own: elsewhere a multipart body stays 415.
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
          action: (within) => uploadImage(within, request.memberId, bytes),
        })
      })
    }
  })
}
