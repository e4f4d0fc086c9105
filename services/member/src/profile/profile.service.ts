import { DailyfeedError } from '@dailyfeed/contract/errors'
import { imageIdOf } from '@dailyfeed/contract/image'
import { MAX_MEMBER_IDS } from '@dailyfeed/contract/limits'
import type { MemberProfile, MemberSummary, UpdateRequest } from '@dailyfeed/contract/member'
import { loadByIds } from '@dailyfeed/pagination-support/by-ids'
import { isUniqueViolation } from '@dailyfeed/postgres-support/fault'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import { insertAudit } from '../audit/audit.queries.ts'
import type { MemberContext } from '../context.ts'
import { throwProblems } from '../field-problem.ts'
import { insertMemberEvent } from '../member-row/member-event.ts'
import {
  avatarUrlOf,
  avatarUrlProblem,
  birthDateProblem,
  timezoneProblem,
} from './profile-rules.ts'
import { toProfile, toSummary } from './profile.mapper.ts'
import {
  findProfile,
  findProfileByHandle,
  findProfiles,
  lockProfileFields,
  type ProfileFields,
  type ProfileRow,
  updateHandle,
  updateProfileFields,
} from './profile.queries.ts'

export const getSummary = async (
  context: MemberContext,
  memberId: number,
  viewerId: number,
): Promise<MemberSummary> => toSummary(await getProfileOrThrow(context, memberId, viewerId))

export const getProfile = async (
  context: MemberContext,
  memberId: number,
  viewerId: number,
): Promise<MemberProfile> =>
  toProfile(await getProfileOrThrow(context, memberId, viewerId), viewerId)

export async function getProfileByHandle(
  { sql }: MemberContext,
  handle: string,
  viewerId: number,
): Promise<MemberProfile> {
  const row = await findProfileByHandle(sql, handle, viewerId)
  if (row === undefined) throw new DailyfeedError('MEMBER_NOT_FOUND')
  return toProfile(row, viewerId)
}

export async function getName(
  context: MemberContext,
  memberId: number,
  viewerId: number,
): Promise<{ id: number; name: string }> {
  const row = await getProfileOrThrow(context, memberId, viewerId)
  return { id: row.id, name: row.member_name }
}

/** Runs before validation, since too many ids have an error of their own, whatever each of them is. */
export function refuseTooManyIds(body: unknown): void {
  const ids = (body as { ids?: unknown } | undefined | null)?.ids
  if (Array.isArray(ids) && ids.length > MAX_MEMBER_IDS)
    throw new DailyfeedError('MEMBER_IDS_LIMIT_EXCEEDS')
}

/**
 * In the order of the ids, without members whom the viewer cannot see. Throws a ValidationError when they exceed the
 * bytes of an answer.
 */
export const getSummaries = (
  { sql }: MemberContext,
  ids: readonly number[],
  viewerId: number,
): Promise<MemberSummary[]> =>
  loadByIds(ids, async (some) => {
    const rows = new Map((await findProfiles(sql, some, viewerId)).map((row) => [row.id, row]))
    return some.flatMap((id) => {
      const row = rows.get(id)
      return row === undefined ? [] : [toSummary(row)]
    })
  })

/** Keeps absent fields and clears blank ones. Deletes the previous pictures after the profile is saved. */
export async function updateProfile(
  context: MemberContext,
  memberId: number,
  request: UpdateRequest,
): Promise<MemberProfile> {
  throwProblems(
    birthDateProblem(request.birthDate),
    timezoneProblem(request.timezone),
    avatarUrlProblem(request.avatarUrl),
  )
  await inTransaction(context.sql, async (transaction) => {
    const before = await lockProfileFields(transaction, memberId)
    await updateProfileFields(transaction, memberId, merge(before, request))
    await insertMemberEvent(context, transaction, 'MEMBER_PROFILE_UPDATE', memberId)
  })
  context.wakeRelay()
  const profile = await getProfile(context, memberId, memberId)
  await deletePictures(context, memberId, request.previousAvatarUrl ?? [], profile.avatarUrl)
  return profile
}

function merge(before: ProfileFields, request: UpdateRequest): ProfileFields {
  const changed = <T>(value: T | '' | null | undefined, kept: T | null): T | null =>
    value === undefined ? kept : value === '' ? null : value
  return {
    member_name: request.memberName ?? before.member_name,
    display_name: changed(request.displayName, before.display_name) ?? '',
    bio: changed(request.bio, before.bio),
    location: changed(request.location, before.location),
    website_url: changed(request.websiteUrl, before.website_url),
    birth_date: changed(request.birthDate, before.birth_date),
    gender: changed<string>(request.gender, before.gender),
    timezone: changed(request.timezone, before.timezone),
    language_code: changed(request.languageCode, before.language_code),
    country_code: changed(request.countryCode, before.country_code),
    privacy_level: changed<string>(request.privacyLevel, before.privacy_level) ?? 'PUBLIC',
    avatar_url:
      request.avatarUrl === undefined ? before.avatar_url : avatarUrlOf(request.avatarUrl),
  }
}

/** A member does not wait for longer until image-svc has deleted what nobody sees any more. */
const PICTURE_DELETION_MILLISECONDS = 1_000

/** Never throws: a picture that is not deleted takes some space, and the change itself has been saved. */
async function deletePictures(
  { images, log }: MemberContext,
  memberId: number,
  addresses: readonly string[],
  kept: string | null,
): Promise<void> {
  const keptId = kept === null ? undefined : imageIdOf(kept)
  const imageUrls = addresses.filter(
    (address) => imageIdOf(address) !== undefined && imageIdOf(address) !== keptId,
  )
  if (imageUrls.length === 0) return
  try {
    await images.post(
      '/internal/images/delete',
      { memberId, imageUrls },
      { readTimeoutMilliseconds: PICTURE_DELETION_MILLISECONDS },
    )
  } catch (error) {
    log.warn({ memberId, err: error }, 'previous pictures not deleted; they stay stored')
  }
}

export async function changeHandle(
  context: MemberContext,
  memberId: number,
  handle: string,
): Promise<string> {
  try {
    await inTransaction(context.sql, async (transaction) => {
      await updateHandle(transaction, memberId, handle)
      await insertAudit(transaction, { type: 'HANDLE_CHANGED', memberId })
      await insertMemberEvent(context, transaction, 'MEMBER_PROFILE_UPDATE', memberId)
    })
  } catch (error) {
    if (isUniqueViolation(error, 'member_handle'))
      throw new DailyfeedError('MEMBER_HANDLE_ALREADY_EXISTS')
    throw error
  }
  context.wakeRelay()
  return handle
}

async function getProfileOrThrow(
  { sql }: MemberContext,
  memberId: number,
  viewerId: number,
): Promise<ProfileRow> {
  const row = await findProfile(sql, memberId, viewerId)
  if (row === undefined) throw new DailyfeedError('MEMBER_NOT_FOUND')
  return row
}
