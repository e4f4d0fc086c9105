import { DailyfeedError } from '@dailyfeed/code/errors'
import type { FastifyRequest } from 'fastify'
import type { Sql } from 'postgres'
import { isAdmin } from './admin.queries.ts'

/** For `preHandler`: the token says who asks, the database what they may. */
export const onlyAdminsOf = (sql: Sql) => async (request: FastifyRequest) => {
  if (!(await isAdmin(sql, request.memberId))) throw new DailyfeedError('MEMBER_FORBIDDEN')
}
