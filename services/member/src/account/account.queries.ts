import type { Sql } from 'postgres'

export interface CredentialsRow {
  id: number
  password_hash: string | null
  withdrawn_at: Date | null
  /** Withdrawn so lately that a login brings everything back. */
  restorable: boolean
}

/** auth.md: a withdrawn account is kept for 30 days. */
export const RESTORABLE = '30 days'

/** E-mail addresses are the same whatever their case. */
export async function findCredentialsByEmail(
  sql: Sql,
  email: string,
): Promise<CredentialsRow | undefined> {
  const [row] = await sql<[CredentialsRow?]>`
    select id, password_hash, withdrawn_at, coalesce(withdrawn_at > now() - ${RESTORABLE}::interval, true) as restorable
    from member.member where lower(email) = lower(${email})`
  return row
}

export async function findPasswordHash(
  sql: Sql,
  memberId: number,
): Promise<string | null | undefined> {
  const [row] = await sql<
    [{ password_hash: string | null }?]
  >`select password_hash from member.member where id = ${memberId}`
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

/** Throws a unique violation of `member_email` or `member_handle`: the indexes decide, whoever races. */
export async function insertMember(sql: Sql, member: NewMember): Promise<number> {
  const [row] = await sql<[{ id: number }]>`
    insert into member.member (email, password_hash, member_name, handle, display_name, bio, location, website_url, birth_date, gender, timezone, language_code, country_code, privacy_level, avatar_url)
    values (${member.email}, ${member.passwordHash}, ${member.memberName}, ${member.handle}, ${member.displayName}, ${member.bio}, ${member.location}, ${member.websiteUrl}, ${member.birthDate}::text::date,
            ${member.gender}, ${member.timezone}, ${member.languageCode}, ${member.countryCode}, ${member.privacyLevel}, ${member.avatarUrl})
    returning id`
  return row.id
}

/** What a login, a logout everywhere and a change of password hold, so that no session slips past either. */
export async function lockMember(sql: Sql, memberId: number): Promise<LockedMemberRow | undefined> {
  const [row] = await sql<
    [LockedMemberRow?]
  >`select withdrawn_at is not null as withdrawn, coalesce(withdrawn_at > now() - ${RESTORABLE}::interval, true) as restorable, password_hash
    from member.member where id = ${memberId} for no key update`
  return row
}

export interface LockedMemberRow {
  withdrawn: boolean
  /** Not withdrawn, or so lately that a login brings everything back. */
  restorable: boolean
  password_hash: string | null
}

export async function setWithdrawn(sql: Sql, memberId: number, withdrawn: boolean): Promise<void> {
  await sql`update member.member set withdrawn_at = ${withdrawn ? sql`now()` : sql`null`}, updated_at = now() where id = ${memberId}`
}

export async function setPasswordHash(sql: Sql, memberId: number, hash: string): Promise<void> {
  await sql`update member.member set password_hash = ${hash} where id = ${memberId}`
}

export interface IdentityRow {
  email: string
  handle: string
}

export async function getIdentity(sql: Sql, memberId: number): Promise<IdentityRow> {
  const [row] = await sql<
    [IdentityRow]
  >`select email, handle from member.member where id = ${memberId}`
  return row
}
