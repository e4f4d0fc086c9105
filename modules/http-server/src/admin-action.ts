import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { FastifyRequest } from 'fastify'
import { clientOf } from './client-address.ts'

export interface AdminAction {
  /** Method and path, without what may be searched for. */
  act: string
  address: string
  userAgent: string | null
}

const MAX_LENGTH = 300

/** What each service asks its own tables. */
export interface AdminQueries<Sql> {
  isAdmin(sql: Sql, memberId: number): Promise<boolean>
  insertAdminAct(
    sql: Sql,
    adminId: number,
    act: string,
    address: string,
    userAgent: string | null,
  ): Promise<void>
}

/**
 * For `preHandler`: the token says who asks, the database what they may; what they do is noted before it is done.
 * @throws {DailyfeedError} `MEMBER_FORBIDDEN` to everybody else
 */
export const onlyAdmins =
  <Sql>(sql: Sql, { isAdmin, insertAdminAct }: AdminQueries<Sql>) =>
  async (request: FastifyRequest): Promise<void> => {
    if (!(await isAdmin(sql, request.memberId))) throw new DailyfeedError('MEMBER_FORBIDDEN')
    const done = adminActOf(request)
    if (done !== undefined)
      await insertAdminAct(sql, request.memberId, done.act, done.address, done.userAgent)
  }

/** What an administrator is about to do; undefined where they only look. */
function adminActOf(request: FastifyRequest): AdminAction | undefined {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined
  return {
    act: `${request.method} ${request.url.split('?', 1)[0]}`.slice(0, MAX_LENGTH),
    address: clientOf(request).address,
    userAgent: request.headers['user-agent']?.slice(0, MAX_LENGTH) ?? null,
  }
}
