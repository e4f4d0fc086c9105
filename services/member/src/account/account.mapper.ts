import type { SignupRequest } from '@dailyfeed/contract/member'
import { avatarUrlOf } from '../profile/profile-rules.ts'
import type { NewMember } from './account.queries.ts'
import { normaliseEmail } from './account-rules.ts'

/** `passwordHash`: null for a member who signs in by a provider alone. */
export const toNewMember = (
  request: Omit<SignupRequest, 'password'>,
  passwordHash: string | null,
): NewMember => ({
  email: normaliseEmail(request.email),
  passwordHash,
  memberName: request.memberName,
  handle: request.handle,
  displayName: request.displayName ?? '',
  bio: orNull(request.bio),
  location: orNull(request.location),
  websiteUrl: orNull(request.websiteUrl),
  birthDate: orNull(request.birthDate),
  gender: orNull(request.gender),
  timezone: orNull(request.timezone),
  languageCode: orNull(request.languageCode),
  countryCode: orNull(request.countryCode),
  privacyLevel: orNull(request.privacyLevel) ?? 'PUBLIC',
  avatarUrl: avatarUrlOf(request.avatarUrl),
})

/** `''` and null mean the same as absence. */
const orNull = (value: string | null | undefined): string | null =>
  value === undefined || value === '' ? null : value
