import type { MemberProfile, MemberSummary } from '@dailyfeed/contract/member'
import type { ProfileRow } from './profile.queries.ts'

export const toSummary = (row: ProfileRow): MemberSummary => ({
  memberId: row.id,
  id: row.id,
  memberName: row.member_name,
  memberHandle: row.handle,
  handle: row.handle,
  displayName: displayNameOf(row),
  bio: row.visible ? row.bio : null,
  verificationStatus: row.verification_status,
  avatarUrl: row.avatar_url,
  updatedAt: row.updated_at.toISOString(),
})

/** Everybody sees name, handle and picture, permitted viewers the rest, and members alone their e-mail address. */
export function toProfile(row: ProfileRow, viewerId: number): MemberProfile {
  const shown = <T>(value: T | null): T | null => (row.visible ? value : null)
  return {
    memberId: row.id,
    id: row.id,
    memberName: row.member_name,
    memberHandle: row.handle,
    handle: row.handle,
    displayName: displayNameOf(row),
    ...(row.id === viewerId ? { email: row.email } : {}),
    bio: shown(row.bio),
    location: shown(row.location),
    websiteUrl: shown(row.website_url),
    birthDate: shown(row.birth_date),
    gender: shown(row.gender),
    timezone: shown(row.timezone),
    languageCode: shown(row.language_code),
    countryCode: shown(row.country_code),
    verificationStatus: row.verification_status,
    privacyLevel: row.privacy_level,
    profileCompletionScore: completionOf(row),
    isActive: true,
    avatarUrl: row.avatar_url,
    coverUrl: row.cover_url,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    followersCount: row.followers_count,
    followingsCount: row.followings_count,
    followingCount: row.followings_count,
  }
}

/** The name of members who gave no display name. */
const displayNameOf = ({ display_name, member_name }: ProfileRow) => display_name || member_name

/** Ten points for each of the ten fields that a member may fill in after signing up. */
const completionOf = (row: ProfileRow): number =>
  10 *
  [
    row.display_name,
    row.bio,
    row.location,
    row.website_url,
    row.birth_date,
    row.gender,
    row.timezone,
    row.language_code,
    row.country_code,
    row.avatar_url,
  ].filter((value) => value !== null && value !== '').length
