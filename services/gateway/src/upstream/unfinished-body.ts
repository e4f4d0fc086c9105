import type { FastifyRequest } from 'fastify'

/**
 * Reads and discards the rest of a body, so that the connection neither stalls nor is cut while the
 * answer is sent.
 */
export function dropRestOf({ raw }: FastifyRequest): void {
  if (!raw.complete) raw.unpipe().resume()
}
