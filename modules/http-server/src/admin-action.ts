import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { FastifyRequest } from 'fastify'
import { clientOf } from './client-address.ts'

export interface AdminAction {
  /** Method and path without the query, which may hold search words. */
  action: string
  address: string
  userAgent: string | null
}

const MAX_LENGTH = 300

/** Queries that each service runs on its own tables. */
export interface AdminQueries<Sql> {
  isAdmin(sql: Sql, memberId: number): Promise<boolean>
  insertAdminAction(
    sql: Sql,
    adminId: number,
    action: string,
    address: string,
    userAgent: string | null,
  ): Promise<void>
}

/**
 * A `preHandler` that admits administrators only and records each of their changes before it happens. The role comes
 * from the database, not from the token, so that it ends at once. Throws `MEMBER_FORBIDDEN` for other members.
 */
export const onlyAdmins =
  <Sql>(sql: Sql, { isAdmin, insertAdminAction }: AdminQueries<Sql>) =>
  async (request: FastifyRequest): Promise<void> => {
    if (!(await isAdmin(sql, request.memberId))) throw new DailyfeedError('MEMBER_FORBIDDEN')
    const change = changeOf(request)
    if (change !== undefined)
      await insertAdminAction(
        sql,
        request.memberId,
        change.action,
        change.address,
        change.userAgent,
      )
  }

/** The change that a request is about to make; undefined for a read. */
function changeOf(request: FastifyRequest): AdminAction | undefined {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined
  return {
    action: `${request.method} ${request.url.split('?', 1)[0]}`.slice(0, MAX_LENGTH),
    address: clientOf(request).address,
    userAgent: request.headers['user-agent']?.slice(0, MAX_LENGTH) ?? null,
  }
}
