import { DailyfeedError, ValidationError } from '@dailyfeed/contract/errors'
import type { MemberSummary } from '@dailyfeed/contract/member'
import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import { cursorOf } from '@dailyfeed/pagination-support/cursor'
import { listRequestOf, toScroll } from '@dailyfeed/pagination-support/list'
import { inTransaction, type Queryable } from '@dailyfeed/postgres-support/queryable'
import type { MemberContext } from '../context.ts'
import { fieldProblem } from '../field-problem.ts'
import { deleteFollow, lockPair } from '../follow/follow.queries.ts'
import { insertMemberEvent } from '../member-row/member-event.ts'
import { toSummary } from '../profile/profile.mapper.ts'
import {
  deleteBlock,
  deleteMute,
  findBlocked,
  findMuted,
  insertBlock,
  insertMute,
} from './block.queries.ts'

const cursor = cursorOf('number')

/** Ends follows in both directions and publishes an unfollow for each. Safe to repeat. Throws MEMBER_NOT_FOUND. */
export async function block(
  context: MemberContext,
  memberId: number,
  blockedId: number,
): Promise<void> {
  refuseOneself(memberId, blockedId)
  await inTransaction(context.sql, async (transaction) => {
    await lockTargetOrThrow(transaction, memberId, blockedId)
    if (!(await insertBlock(transaction, memberId, blockedId))) return
    await insertMemberEvent(context, transaction, 'MEMBER_BLOCK', memberId, blockedId)
    for (const [follower, following] of [
      [memberId, blockedId],
      [blockedId, memberId],
    ] as const) {
      if (await deleteFollow(transaction, follower, following))
        await insertMemberEvent(context, transaction, 'MEMBER_UNFOLLOW', follower, following)
    }
  })
  context.wakeRelay()
}

export async function unblock(
  context: MemberContext,
  memberId: number,
  blockedId: number,
): Promise<void> {
  await inTransaction(context.sql, async (transaction) => {
    await lockPair(transaction, memberId, blockedId)
    if (await deleteBlock(transaction, memberId, blockedId))
      await insertMemberEvent(context, transaction, 'MEMBER_UNBLOCK', memberId, blockedId)
  })
  context.wakeRelay()
}

/** Hides the muted member from the muting member's feeds; nobody is notified. Throws MEMBER_NOT_FOUND. */
export async function mute(
  context: MemberContext,
  memberId: number,
  mutedId: number,
): Promise<void> {
  refuseOneself(memberId, mutedId)
  await inTransaction(context.sql, async (transaction) => {
    await lockTargetOrThrow(transaction, memberId, mutedId)
    await insertMute(transaction, memberId, mutedId)
    await insertMemberEvent(context, transaction, 'MEMBER_MUTE', memberId, mutedId)
  })
  context.wakeRelay()
}

export async function unmute(
  context: MemberContext,
  memberId: number,
  mutedId: number,
): Promise<void> {
  await inTransaction(context.sql, async (transaction) => {
    await deleteMute(transaction, memberId, mutedId)
    await insertMemberEvent(context, transaction, 'MEMBER_UNMUTE', memberId, mutedId)
  })
  context.wakeRelay()
}

export async function listBlocked(
  { sql, cursors }: MemberContext,
  memberId: number,
  query: ListQuery,
): Promise<Scroll<MemberSummary>> {
  const request = listRequestOf(query, `blocks:${memberId}`, cursors, { cursor })
  const rows = await findBlocked(sql, memberId, {
    limit: request.size + 1,
    offset: request.offset,
    before: request.after?.[0],
  })
  return toScroll(rows, request, cursors, ({ position }) => [position], toSummary)
}

export async function listMuted(
  { sql, cursors }: MemberContext,
  memberId: number,
  query: ListQuery,
): Promise<Scroll<MemberSummary>> {
  const request = listRequestOf(query, `mutes:${memberId}`, cursors, { cursor })
  const rows = await findMuted(sql, memberId, {
    limit: request.size + 1,
    offset: request.offset,
    before: request.after?.[0],
  })
  return toScroll(rows, request, cursors, ({ position }) => [position], toSummary)
}

/** Locks both members. */
async function lockTargetOrThrow(
  sql: Queryable,
  memberId: number,
  targetId: number,
): Promise<void> {
  const target = (await lockPair(sql, memberId, targetId)).find(({ id }) => id === targetId)
  if (target === undefined || target.withdrawn) throw new DailyfeedError('MEMBER_NOT_FOUND')
}

function refuseOneself(memberId: number, targetId: number): void {
  if (memberId === targetId)
    throw new ValidationError([
      fieldProblem(
        'memberId',
        '자기 자신은 차단하거나 숨길 수 없습니다.',
        'You cannot block or mute yourself.',
      ),
    ])
}
