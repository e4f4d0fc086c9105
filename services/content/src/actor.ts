import { traceparentOf } from '@dailyfeed/http-server/trace'
import type { Actor } from './context.ts'

export const actorOf = (request: { memberId: number; traceId: string }): Actor => ({
  memberId: request.memberId,
  traceparent: traceparentOf(request.traceId),
})
