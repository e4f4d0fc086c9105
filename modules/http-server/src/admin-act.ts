import type { FastifyRequest } from 'fastify'
import { clientOf } from './client-address.ts'

export interface AdminAct {
  /** Method and path, without what may be searched for. */
  act: string
  address: string
  userAgent: string | null
}

const MAX_LENGTH = 300

/** What an administrator is about to do; undefined where they only look. */
export function adminActOf(request: FastifyRequest): AdminAct | undefined {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined
  return {
    act: `${request.method} ${request.url.split('?', 1)[0]}`.slice(0, MAX_LENGTH),
    address: clientOf(request).address,
    userAgent: request.headers['user-agent']?.slice(0, MAX_LENGTH) ?? null,
  }
}
