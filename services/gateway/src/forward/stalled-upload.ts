import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Closes the connection of an upload of which nothing has arrived for a while, although the service
 * has read everything before.
 */
export function cutStalledUpload(
  { raw, log }: FastifyRequest,
  reply: FastifyReply,
  stallMilliseconds: number,
): void {
  let bytesRead = raw.socket.bytesRead
  const timer = setInterval(() => {
    if (raw.complete) return clearInterval(timer)
    if (raw.readableLength === 0 && raw.socket.bytesRead === bytesRead) {
      log.warn('an upload has stalled; its connection is closed')
      raw.socket.destroy()
    }
    bytesRead = raw.socket.bytesRead
  }, stallMilliseconds)
  reply.raw.once('close', () => clearInterval(timer))
}
