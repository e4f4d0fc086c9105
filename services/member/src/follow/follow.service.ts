import { DailyfeedError } from '@dailyfeed/contract/errors'
import { MAX_FOLLOWINGS } from '@dailyfeed/contract/limits'
import type { MemberSummary } from '@dailyfeed/contract/member'
import type { ListQuery, Page, Scroll } from '@dailyfeed/contract/page'
import {
  type ListRequest,
  listRequestOf,
  toPage,
  toScroll,
} from '@dailyfeed/pagination-support/list'
import type { Sql } from 'postgres'
import { insertMemberEvent } from '../account/member-event.ts'
import type { MemberContext } from '../context.ts'
import { toSummary } from '../profile/profile.mapper.ts'
import { getName } from '../profile/profile.service.ts'
import {
  countRecommended,
  deleteFollow,
  findFollowers,
  findFollowings,
  findRecommended,
  insertFollow,
  isBlockedEitherWay,
  type ListedRow,
  lockPair,
} from './follow.queries.ts'

/** api.md: recommendations come in tens. */
const RECOMMENDED_PER_PAGE = 10
const COUNTED_RECOMMENDED = 10_000

export async function follow(
  context: MemberContext,
  memberId: number,
  followingId: number,
): Promise<void> {
  if (memberId === followingId) throw new DailyfeedError('FOLLOW_SELF_NOT_ALLOWED')
  await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    const pair = await lockPair(transaction, memberId, followingId)
    const target = pair.find(({ id }) => id === followingId)
    if (
      target === undefined ||
      target.withdrawn ||
      (await isBlockedEitherWay(transaction, memberId, followingId))
    )
      throw new DailyfeedError('MEMBER_NOT_FOUND')
    const isFull = (pair.find(({ id }) => id === memberId)?.followings_count ?? 0) >= MAX_FOLLOWINGS
    if (isFull) throw new DailyfeedError('FOLLOW_LIMIT_EXCEEDS')
    if (!(await insertFollow(transaction, memberId, followingId)))
      throw new DailyfeedError('FOLLOW_RELATIONSHIP_ALREADY_EXISTS')
    await insertMemberEvent(context, transaction, 'MEMBER_FOLLOW', memberId, followingId)
  })
  context.wakeRelay()
}

export async function unfollow(
  context: MemberContext,
  memberId: number,
  followingId: number,
): Promise<void> {
  await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    await lockPair(transaction, memberId, followingId)
    if (!(await deleteFollow(transaction, memberId, followingId)))
      throw new DailyfeedError('FOLLOW_RELATIONSHIP_NOT_FOUND')
    await insertMemberEvent(context, transaction, 'MEMBER_UNFOLLOW', memberId, followingId)
  })
  context.wakeRelay()
}

export async function listFollowers(
  context: MemberContext,
  memberId: number,
  viewerId: number,
  query: ListQuery,
): Promise<Scroll<MemberSummary>> {
  await getName(context, memberId, viewerId)
  const request = listRequestOf(query, `followers:${memberId}:${viewerId}`, context.cursors)
  return scrollOf(
    context,
    request,
    await findFollowers(context.sql, memberId, partOf(request, viewerId)),
  )
}

export async function listFollowings(
  context: MemberContext,
  memberId: number,
  viewerId: number,
  query: ListQuery,
): Promise<Scroll<MemberSummary>> {
  await getName(context, memberId, viewerId)
  const request = listRequestOf(query, `followings:${memberId}:${viewerId}`, context.cursors)
  return scrollOf(
    context,
    request,
    await findFollowings(context.sql, memberId, partOf(request, viewerId)),
  )
}

export async function listAllFollowings(
  { sql }: MemberContext,
  memberId: number,
): Promise<MemberSummary[]> {
  const rows = await findFollowings(sql, memberId, {
    viewerId: memberId,
    limit: MAX_FOLLOWINGS,
    offset: 0,
    before: undefined,
  })
  return rows.map(toSummary)
}

export async function recommendMembers(
  context: MemberContext,
  viewerId: number,
  query: ListQuery,
): Promise<Page<MemberSummary>> {
  return toPage(
    await scrollRecommended(context, viewerId, query),
    await countRecommended(context.sql, viewerId, COUNTED_RECOMMENDED),
  )
}

export async function scrollRecommended(
  context: MemberContext,
  viewerId: number,
  query: ListQuery,
): Promise<Scroll<MemberSummary>> {
  const request = listRequestOf(query, `recommended:${viewerId}`, context.cursors, {
    defaultSize: RECOMMENDED_PER_PAGE,
  })
  const [interest, place] = (request.after ?? [0, 0]) as [number, number]
  const after = request.after === undefined ? undefined : { interest, place }
  const rows = await findRecommended(context.sql, {
    viewerId,
    limit: request.size + 1,
    offset: request.offset,
    after,
  })
  return toScroll(rows, request, context.cursors, (row) => [row.interest, row.place], toSummary)
}

const partOf = ({ size, offset, after }: ListRequest, viewerId: number) => ({
  viewerId,
  limit: size + 1,
  offset,
  before: after?.[0] as number | undefined,
})

const scrollOf = (
  { cursors }: MemberContext,
  request: ListRequest,
  rows: readonly ListedRow[],
): Scroll<MemberSummary> => toScroll(rows, request, cursors, ({ place }) => [place], toSummary)
