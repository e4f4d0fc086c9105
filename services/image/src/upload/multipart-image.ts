import { DailyfeedError, ValidationError } from '@dailyfeed/contract/errors'
import { MAX_IMAGE_BYTES } from '@dailyfeed/contract/limits'
import type { FastifyMultipartBaseOptions } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'

const FIELD = 'image'
/** Room for boundaries, part headers and a few other fields. */
export const MAX_UPLOAD_BYTES = MAX_IMAGE_BYTES + 64 * 1024

export const MULTIPART_LIMITS: FastifyMultipartBaseOptions = {
  limits: {
    fileSize: MAX_IMAGE_BYTES,
    files: 1,
    fields: 10,
    parts: 11,
    fieldNameSize: 100,
    fieldSize: 1_024,
    headerPairs: 20,
  },
}

/** Runs before a byte of the body is read. Throws UNSUPPORTED_MEDIA_TYPE or PAYLOAD_TOO_LARGE. */
export async function refuseOtherBodies({ headers }: FastifyRequest): Promise<void> {
  if (!/^multipart\/form-data\s*(;|$)/i.test(headers['content-type'] ?? ''))
    throw new DailyfeedError('UNSUPPORTED_MEDIA_TYPE')
  if (Number(headers['content-length'] ?? 0) > MAX_UPLOAD_BYTES)
    throw new DailyfeedError('PAYLOAD_TOO_LARGE')
}

/**
 * The bytes of the file in the field `image`; other fields are skipped. Throws PAYLOAD_TOO_LARGE or a
 * ValidationError.
 */
export async function readImageFieldOrThrow(request: FastifyRequest): Promise<Buffer> {
  let image: Buffer | undefined
  try {
    for await (const part of request.parts()) {
      if (part.type !== 'file') continue
      if (part.fieldname === FIELD) image = await part.toBuffer()
      else part.file.resume()
    }
  } catch (error) {
    // An error without a status is the parser's own, about a malformed body.
    if ((error as { statusCode?: number }).statusCode !== undefined) throw error
    throw new ValidationError([
      { field: 'request', ko: '요청 형식이 올바르지 않습니다.', en: 'The request is malformed.' },
    ])
  }
  if (image === undefined)
    throw new ValidationError([
      { field: FIELD, ko: '이미지 파일을 보내 주세요.', en: 'Please send an image file.' },
    ])
  return image
}
