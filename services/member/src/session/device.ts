import type { Client } from '@dailyfeed/http-server/client-address'
import type { FastifyRequest } from 'fastify'
import type { Device } from './session.service.ts'

/** No browser calls itself by more; the rest is cut off. */
const MAX_USER_AGENT_LENGTH = 300

export const deviceOf = (request: FastifyRequest, { address }: Client): Device => ({
  userAgent: request.headers['user-agent']?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
  address,
})
