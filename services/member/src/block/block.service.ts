import { DailyfeedError, ValidationError } from '@dailyfeed/contract/errors'
import type { MemberSummary } from '@dailyfeed/contract/member'
import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import { listRequestOf, toScroll } from '@dailyfeed/pagination-support/list'
import type { Sql } from 'postgres'
import { insertMemberEvent } from '../account/member-event.ts'
import type { MemberContext } from '../context.ts'
import { deleteFollow, lockPair } from '../follow/follow.queries.ts'
import { toSummary } from '../profile/profile.mapper.ts'
import {
  deleteBlock,
  deleteMute,
  findBlocked,
  findMuted,
  insertBlock,
  insertMute,
} from './block.queries.ts'

/** Ends follows both ways, each told as an unfollow. Again is the same as once. */
export async function block(
  context: MemberContext,
  memberId: number,
  blockedId: number,
): Promise<void> {
  refuseOneself(memberId, blockedId)
  await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    await getTargetOrThrow(transaction, memberId, blockedId)
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
  await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    await lockPair(transaction, memberId, blockedId)
    if (await deleteBlock(transaction, memberId, blockedId))
      await insertMemberEvent(context, transaction, 'MEMBER_UNBLOCK', memberId, blockedId)
  })
  context.wakeRelay()
}

/** A wish of one's own feeds; nobody else is told. */
export async function mute(
  context: MemberContext,
  memberId: number,
  mutedId: number,
): Promise<void> {
  refuseOneself(memberId, mutedId)
  await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    await getTargetOrThrow(transaction, memberId, mutedId)
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
  await context.sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
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
  const request = listRequestOf(query, `blocks:${memberId}`, cursors)
  const rows = await findBlocked(sql, memberId, {
    limit: request.size + 1,
    offset: request.offset,
    before: request.after?.[0] as number | undefined,
  })
  return toScroll(rows, request, cursors, ({ place }) => [place], toSummary)
}

export async function listMuted(
  { sql, cursors }: MemberContext,
  memberId: number,
  query: ListQuery,
): Promise<Scroll<MemberSummary>> {
  const request = listRequestOf(query, `mutes:${memberId}`, cursors)
  const rows = await findMuted(sql, memberId, {
    limit: request.size + 1,
    offset: request.offset,
    before: request.after?.[0] as number | undefined,
  })
  return toScroll(rows, request, cursors, ({ place }) => [place], toSummary)
}

async function getTargetOrThrow(sql: Sql, memberId: number, targetId: number): Promise<void> {
  const target = (await lockPair(sql, memberId, targetId)).find(({ id }) => id === targetId)
  if (target === undefined || target.withdrawn) throw new DailyfeedError('MEMBER_NOT_FOUND')
}

function refuseOneself(memberId: number, targetId: number): void {
  if (memberId === targetId)
    throw new ValidationError([
      {
        field: 'memberId',
        ko: '자기 자신은 차단하거나 숨길 수 없습니다.',
        en: 'You cannot block or mute yourself.',
      },
    ])
}
