import type { Queryable } from '@dailyfeed/postgres-support/queryable'

/** How long after a withdrawal a login restores the account; `memberEraseJob` erases it afterwards. */
export const RESTORABLE = '30 days'

export interface LockedMemberRow {
  withdrawn: boolean
  /** Whether the member is active, or withdrew so recently that a login restores the account. */
  restorable: boolean
  password_hash: string | null
}

/**
 * Locks the member's row until the transaction ends. Logins, logouts everywhere and password changes
 * take this lock first, so that none of them misses a session that another one opens.
 */
export async function lockMember(
  sql: Queryable,
  memberId: number,
): Promise<LockedMemberRow | undefined> {
  const [row] = await sql<[LockedMemberRow?]>`
    select withdrawn_at is not null as withdrawn,
           coalesce(withdrawn_at > now() - ${RESTORABLE}::interval, true) as restorable,
           password_hash
    from member.member where id = ${memberId} for no key update`
  return row
}

export async function setWithdrawn(
  sql: Queryable,
  memberId: number,
  withdrawn: boolean,
): Promise<void> {
  await sql`
    update member.member
    set withdrawn_at = ${withdrawn ? sql`now()` : sql`null`}, updated_at = now()
    where id = ${memberId}`
}
