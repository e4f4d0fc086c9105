import { closePool, openPool } from '@dailyfeed/postgres-support/pool'
import { CommandError } from '../installation.ts'

export interface AuditLine {
  occurredAt: string
  type: string
  address: string | null
  userAgent: string | null
  /** Method and path of an administrator's change; null for every other entry. */
  act: string | null
}

/** The audit of an account, newest first. Throws a CommandError when no member has the handle. */
export async function listAudit(
  ownerUrl: string,
  handle: string,
  limit: number,
): Promise<AuditLine[]> {
  const sql = openPool({ url: ownerUrl, max: 1, name: 'dailyfeed members' })
  try {
    const [member] = await sql<
      [{ id: number }?]
    >`select id from member.member where lower(handle) = ${handle.replace(/^@/, '').toLowerCase()}`
    if (member === undefined) throw new CommandError(`no member has the handle '${handle}'`)
    const rows = await sql<
      {
        occurred_at: Date
        type: string
        address: string | null
        user_agent: string | null
        act: string | null
      }[]
    >`
      select occurred_at, type, address, user_agent, act from member.audit where member_id = ${member.id} order by id desc limit ${limit}`
    return rows.map(({ occurred_at, type, address, user_agent, act }) => ({
      occurredAt: occurred_at.toISOString(),
      type,
      address,
      userAgent: user_agent,
      act,
    }))
  } finally {
    await closePool(sql)
  }
}

/** Sets a member's role directly in the database: no administrator exists yet who could grant the first role. */
export async function setRole(
  ownerUrl: string,
  handle: string,
  role: 'ADMIN' | 'MEMBER',
): Promise<{ id: number; handle: string; role: string }> {
  const sql = openPool({ url: ownerUrl, max: 1, name: 'dailyfeed members' })
  try {
    const [row] = await sql<[{ id: number; handle: string; role: string }?]>`
      update member.member set role = ${role} where lower(handle) = ${handle.replace(/^@/, '').toLowerCase()} and withdrawn_at is null
      returning id, handle, role`
    if (row === undefined) throw new CommandError(`no member has the handle '${handle}'`)
    return row
  } finally {
    await closePool(sql)
  }
}
