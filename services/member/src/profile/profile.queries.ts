import { anyOf, type Queryable } from '@dailyfeed/postgres-support/queryable'
import { isProfileFound } from '@dailyfeed/visibility/visibility.queries'

export interface ProfileRow {
  id: number
  email: string
  member_name: string
  handle: string
  display_name: string
  bio: string | null
  location: string | null
  website_url: string | null
  birth_date: string | null
  gender: string | null
  timezone: string | null
  language_code: string | null
  country_code: string | null
  verification_status: string
  privacy_level: string
  avatar_url: string | null
  cover_url: string | null
  followers_count: number
  followings_count: number
  created_at: Date
  updated_at: Date
  /** Whether the viewer may see more than name, handle and picture. */
  visible: boolean
}

/** The columns of a profile as one viewer sees it, for a query of `member.member m`. */
export const profileColumns = (sql: Queryable, viewerId: number) => sql`
  m.id, m.email, m.member_name, m.handle, m.display_name, m.bio, m.location, m.website_url,
  m.birth_date::text as birth_date, m.gender, m.timezone, m.language_code, m.country_code,
  m.verification_status, m.privacy_level, m.avatar_url, m.cover_url,
  m.followers_count, m.followings_count, m.created_at, m.updated_at,
  (m.privacy_level = 'PUBLIC' or m.id = ${viewerId} or member.may_see(${viewerId}, m.id)) as visible`

export async function findProfile(
  sql: Queryable,
  memberId: number,
  viewerId: number,
): Promise<ProfileRow | undefined> {
  const [row] = await sql<[ProfileRow?]>`
    select ${profileColumns(sql, viewerId)} from member.member m
    where m.id = ${memberId} and ${isProfileFound(sql, viewerId)}`
  return row
}

export async function findProfileByHandle(
  sql: Queryable,
  handle: string,
  viewerId: number,
): Promise<ProfileRow | undefined> {
  const [row] = await sql<[ProfileRow?]>`
    select ${profileColumns(sql, viewerId)} from member.member m
    where lower(m.handle) = lower(${handle}) and ${isProfileFound(sql, viewerId)}`
  return row
}

export const findProfiles = (
  sql: Queryable,
  ids: readonly number[],
  viewerId: number,
): Promise<ProfileRow[]> =>
  sql<ProfileRow[]>`
    select ${profileColumns(sql, viewerId)} from member.member m
    where m.id = any (${anyOf(ids)}::bigint[]) and ${isProfileFound(sql, viewerId)}`

export interface ProfileFields {
  member_name: string
  display_name: string
  bio: string | null
  location: string | null
  website_url: string | null
  birth_date: string | null
  gender: string | null
  timezone: string | null
  language_code: string | null
  country_code: string | null
  privacy_level: string
  avatar_url: string | null
}

/** Locks the member's row, so that two simultaneous edits of different fields do not undo each other. */
export async function lockProfileFields(sql: Queryable, memberId: number): Promise<ProfileFields> {
  const [row] = await sql<[ProfileFields]>`
    select member_name, display_name, bio, location, website_url, birth_date::text as birth_date,
           gender, timezone, language_code, country_code, privacy_level, avatar_url
    from member.member where id = ${memberId} for no key update`
  return row
}

export async function updateProfileFields(
  sql: Queryable,
  memberId: number,
  fields: ProfileFields,
): Promise<void> {
  await sql`
    update member.member set
      member_name = ${fields.member_name}, display_name = ${fields.display_name},
      bio = ${fields.bio}, location = ${fields.location}, website_url = ${fields.website_url},
      birth_date = ${fields.birth_date}::text::date, gender = ${fields.gender},
      timezone = ${fields.timezone}, language_code = ${fields.language_code},
      country_code = ${fields.country_code}, privacy_level = ${fields.privacy_level},
      avatar_url = ${fields.avatar_url}, updated_at = now()
    where id = ${memberId}`
}

export async function updateHandle(
  sql: Queryable,
  memberId: number,
  handle: string,
): Promise<void> {
  await sql`update member.member set handle = ${handle}, updated_at = now() where id = ${memberId}`
}
