import type { Client } from '@dailyfeed/http-server/client-address'
import type { FastifyRequest } from 'fastify'

/** The device that a session is used from, as its owner sees it in the list of sessions. */
export interface Device {
  userAgent: string | null
  address: string
}

/** Longer than the User-Agent of any browser; the rest is cut off. */
const MAX_USER_AGENT_LENGTH = 300

export const deviceOf = (request: FastifyRequest, { address }: Client): Device => ({
  userAgent: request.headers['user-agent']?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
  address,
})
