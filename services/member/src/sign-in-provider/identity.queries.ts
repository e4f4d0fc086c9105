import type { Queryable } from '@dailyfeed/postgres-support/queryable'

export interface IdentityRow {
  member_id: number
  provider: string
  email: string | null
  linked_at: Date
}

/**
 * An identity is an issuer and its name for a person. The e-mail address is no part of it, since
 * addresses change owners.
 */
export async function findMemberOfIdentity(
  sql: Queryable,
  issuer: string,
  subject: string,
): Promise<number | undefined> {
  const [row] = await sql<[{ member_id: number }?]>`
    select member_id from member.identity where issuer = ${issuer} and subject = ${subject}`
  return row?.member_id
}

export interface NewIdentity {
  memberId: number
  provider: string
  issuer: string
  subject: string
  email: string | undefined
}

/**
 * Throws a unique violation of `identity_pkey` when the identity is linked to another member, or of
 * `identity_one_a_provider` when the member has linked another identity of this provider.
 */
export async function insertIdentity(
  sql: Queryable,
  { memberId, provider, issuer, subject, email }: NewIdentity,
): Promise<void> {
  await sql`
    insert into member.identity (issuer, subject, member_id, provider, email)
    values (${issuer}, ${subject}, ${memberId}, ${provider}, ${email ?? null})`
}

export const findIdentities = (sql: Queryable, memberId: number): Promise<IdentityRow[]> =>
  sql<IdentityRow[]>`
    select member_id, provider, email, linked_at from member.identity
    where member_id = ${memberId} order by linked_at`

/** False when there was none. */
export async function deleteIdentity(
  sql: Queryable,
  memberId: number,
  provider: string,
): Promise<boolean> {
  const rows = await sql`
    delete from member.identity where member_id = ${memberId} and provider = ${provider}
    returning 1`
  return rows.length > 0
}
