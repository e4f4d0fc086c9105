import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { RESTORABLE } from '../member-row/member-row.queries.ts'

export interface CredentialsRow {
  id: number
  password_hash: string | null
  withdrawn_at: Date | null
  /** Whether the member is active, or withdrew so recently that a login restores the account. */
  restorable: boolean
}

interface AccountOfEmail {
  /** The same text for every way to write the address of one account: the database alone folds letter case. */
  foldedEmail: string
  credentials: CredentialsRow | undefined
}

/** One query, which takes as long for an address that no member has. */
export async function findAccountByEmail(sql: Queryable, email: string): Promise<AccountOfEmail> {
  const [row] = await sql<[{ folded: string } & (CredentialsRow | { id: null })]>`
    select asked.folded, id, password_hash, withdrawn_at,
           coalesce(withdrawn_at > now() - ${RESTORABLE}::interval, true) as restorable
    from (select lower(${email}) as folded) as asked
    left join member.member on lower(email) = asked.folded`
  const { folded, ...credentials } = row
  return { foldedEmail: folded, credentials: credentials.id === null ? undefined : credentials }
}

/** Compares e-mail addresses without regard to case. */
export const findCredentialsByEmail = async (
  sql: Queryable,
  email: string,
): Promise<CredentialsRow | undefined> => (await findAccountByEmail(sql, email)).credentials

/** Null for a member who signs in by a provider alone, undefined where there is no such member. */
export async function findPasswordHash(
  sql: Queryable,
  memberId: number,
): Promise<string | null | undefined> {
  const [row] = await sql<[{ password_hash: string | null }?]>`
    select password_hash from member.member where id = ${memberId}`
  return row?.password_hash
}

export interface NewMember {
  email: string
  /** Null: the member signs in by a provider alone. */
  passwordHash: string | null
  memberName: string
  handle: string
  displayName: string
  bio: string | null
  location: string | null
  websiteUrl: string | null
  birthDate: string | null
  gender: string | null
  timezone: string | null
  languageCode: string | null
  countryCode: string | null
  privacyLevel: string
  avatarUrl: string | null
}

/**
 * Returns the new id. Throws a unique violation of `member_email` or `member_handle`: the indexes
 * decide between sign-ups that race.
 */
export async function insertMember(sql: Queryable, member: NewMember): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    insert into member.member (
      email, password_hash, member_name, handle, display_name, bio, location, website_url,
      birth_date, gender, timezone, language_code, country_code, privacy_level, avatar_url)
    values (
      ${member.email}, ${member.passwordHash}, ${member.memberName}, ${member.handle},
      ${member.displayName}, ${member.bio}, ${member.location}, ${member.websiteUrl},
      ${member.birthDate}::text::date, ${member.gender}, ${member.timezone},
      ${member.languageCode}, ${member.countryCode}, ${member.privacyLevel}, ${member.avatarUrl})
    returning id`
  return row.id
}

export async function setPasswordHash(
  sql: Queryable,
  memberId: number,
  hash: string,
): Promise<void> {
  await sql`update member.member set password_hash = ${hash} where id = ${memberId}`
}

export interface IdentityRow {
  email: string
  handle: string
}

export async function getIdentity(sql: Queryable, memberId: number): Promise<IdentityRow> {
  const [row] = await sql<[IdentityRow]>`
    select email, handle from member.member where id = ${memberId}`
  return row
}
