import { DailyfeedError } from '@dailyfeed/contract/errors'
import { MAX_FOLLOWINGS, MAX_ITEMS_BY_PAGE } from '@dailyfeed/contract/limits'
import type { MemberSummary } from '@dailyfeed/contract/member'
import type { ListQuery, Page, Scroll } from '@dailyfeed/contract/page'
import { cursorOf } from '@dailyfeed/pagination-support/cursor'
import {
  type ListRequest,
  listRequestOf,
  toPage,
  toScroll,
} from '@dailyfeed/pagination-support/list'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import type { MemberContext } from '../context.ts'
import { insertMemberEvent } from '../member-row/member-event.ts'
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

/** Smaller than other pages, as in the founding system (docs/origin.md). */
const RECOMMENDED_PER_PAGE = 10

const listCursor = cursorOf('number')
/** The viewer's interest in the member, and the position. */
const recommendedCursor = cursorOf('number', 'number')

export async function follow(
  context: MemberContext,
  memberId: number,
  followingId: number,
): Promise<void> {
  if (memberId === followingId) throw new DailyfeedError('FOLLOW_SELF_NOT_ALLOWED')
  await inTransaction(context.sql, async (transaction) => {
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
  await inTransaction(context.sql, async (transaction) => {
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
  const scope = `followers:${memberId}:${viewerId}`
  const request = listRequestOf(query, scope, context.cursors, { cursor: listCursor })
  const rows = await findFollowers(context.sql, memberId, pageOf(request, viewerId))
  return scrollOf(context, request, rows)
}

export async function listFollowings(
  context: MemberContext,
  memberId: number,
  viewerId: number,
  query: ListQuery,
): Promise<Scroll<MemberSummary>> {
  await getName(context, memberId, viewerId)
  const scope = `followings:${memberId}:${viewerId}`
  const request = listRequestOf(query, scope, context.cursors, { cursor: listCursor })
  const rows = await findFollowings(context.sql, memberId, pageOf(request, viewerId))
  return scrollOf(context, request, rows)
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
    await countRecommended(context.sql, viewerId, MAX_ITEMS_BY_PAGE),
  )
}

export async function scrollRecommended(
  context: MemberContext,
  viewerId: number,
  query: ListQuery,
  { defaultPage = 0 } = {},
): Promise<Scroll<MemberSummary>> {
  const request = listRequestOf(query, `recommended:${viewerId}`, context.cursors, {
    cursor: recommendedCursor,
    defaultPage,
    defaultSize: RECOMMENDED_PER_PAGE,
  })
  const rows = await findRecommended(context.sql, {
    viewerId,
    limit: request.size + 1,
    offset: request.offset,
    after: request.after && { interest: request.after[0], position: request.after[1] },
  })
  return toScroll(
    rows,
    request,
    context.cursors,
    ({ interest, position }) => [interest, position],
    toSummary,
  )
}

const pageOf = ({ size, offset, after }: ListRequest<[number]>, viewerId: number) => ({
  viewerId,
  limit: size + 1,
  offset,
  before: after?.[0],
})

const scrollOf = (
  { cursors }: MemberContext,
  request: ListRequest<[number]>,
  rows: readonly ListedRow[],
): Scroll<MemberSummary> =>
  toScroll(rows, request, cursors, ({ position }) => [position], toSummary)
