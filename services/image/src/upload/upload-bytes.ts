import { Quota } from '@dailyfeed/concurrency/quota'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Gauge } from 'prom-client'
import { MAX_UPLOAD_BYTES } from './multipart-image.ts'

const UPLOADS_PER_MEMBER = 2
const RETRY_AFTER_SECONDS = 2

/**
 * Reserves the bytes of an upload before they are read, since an upload is held in memory whole:
 * as many as it announces, or the most that it may have. Throws SERVICE_UNAVAILABLE or
 * TOO_MANY_REQUEST.
 */
export function holdBytesOfUpload(app: HttpServer, maxBytes: number) {
  const held = new Quota({
    total: maxBytes,
    perKey: Math.min(maxBytes, UPLOADS_PER_MEMBER * MAX_UPLOAD_BYTES),
  })
  new Gauge({
    name: 'image_upload_bytes',
    help: 'Bytes reserved for uploads that are being received or processed',
    registers: [app.metrics],
    collect() {
      this.set(held.held)
    },
  })
  return async ({ headers, memberId }: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const bytes = Number(headers['content-length'] ?? MAX_UPLOAD_BYTES)
    const outcome = held.tryTake(String(memberId), bytes)
    if (outcome !== 'TAKEN')
      throw new DailyfeedError(outcome === 'FULL' ? 'SERVICE_UNAVAILABLE' : 'TOO_MANY_REQUEST', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      })
    reply.raw.once('close', () => held.release(String(memberId), bytes))
  }
}
