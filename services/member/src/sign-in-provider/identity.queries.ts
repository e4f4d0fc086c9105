import type { Sql } from 'postgres'

export interface IdentityRow {
  member_id: number
  provider: string
  email: string | null
  linked_at: Date
}

/** Of an issuer and its name for somebody, never of an e-mail address: addresses change hands. */
export async function findMemberOfIdentity(
  sql: Sql,
  issuer: string,
  subject: string,
): Promise<number | undefined> {
  const [row] = await sql<
    [{ member_id: number }?]
  >`select member_id from member.identity where issuer = ${issuer} and subject = ${subject}`
  return row?.member_id
}

export interface NewIdentity {
  memberId: number
  provider: string
  issuer: string
  subject: string
  email: string | undefined
}

/** Throws a unique violation of `identity_pkey` (it is another member's) or `identity_one_a_provider`. */
export async function insertIdentity(
  sql: Sql,
  { memberId, provider, issuer, subject, email }: NewIdentity,
): Promise<void> {
  await sql`
    insert into member.identity (issuer, subject, member_id, provider, email)
    values (${issuer}, ${subject}, ${memberId}, ${provider}, ${email ?? null})`
}

export const findIdentities = (sql: Sql, memberId: number): Promise<IdentityRow[]> =>
  sql<
    IdentityRow[]
  >`select member_id, provider, email, linked_at from member.identity where member_id = ${memberId} order by linked_at`

export async function deleteIdentity(
  sql: Sql,
  memberId: number,
  provider: string,
): Promise<boolean> {
  const rows =
    await sql`delete from member.identity where member_id = ${memberId} and provider = ${provider} returning 1`
  return rows.length > 0
}
