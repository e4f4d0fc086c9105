import { DailyfeedError } from '@dailyfeed/code/errors'
import { adminActOf } from '@dailyfeed/http-server/admin-act'
import type { FastifyRequest } from 'fastify'
import type { Sql } from 'postgres'
import { insertAdminAct, isAdmin } from './admin.queries.ts'

/** For `preHandler`: the token says who asks, the database what they may; what they do is noted before it is done. */
export const onlyAdminsOf = (sql: Sql) => async (request: FastifyRequest) => {
  if (!(await isAdmin(sql, request.memberId))) throw new DailyfeedError('MEMBER_FORBIDDEN')
  const done = adminActOf(request)
  if (done !== undefined) await insertAdminAct(sql, request.memberId, done.act, done.address, done.userAgent)
}
