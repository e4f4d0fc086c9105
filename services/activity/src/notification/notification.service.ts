import type { Notification } from '@dailyfeed/contract/notification'
import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import { listRequestOf, toScroll } from '@dailyfeed/pagination-support/list'
import type { ActivityContext } from '../context.ts'
import { toNotification } from './notification.mapper.ts'
import {
  countUnread,
  findNewestNumber,
  findNotifications,
  markRead,
} from './notification-read.queries.ts'

/**
 * What changed last comes first. A group rises when others join it; a walk by cursor goes on through the groups as they
 * stood when it began, so that it neither skips nor repeats one.
 */
export async function readNotifications(
  { sql, cursors }: ActivityContext,
  memberId: number,
  query: ListQuery,
): Promise<Scroll<Notification>> {
  const request = listRequestOf(query, `notifications:${memberId}`, cursors)
  const [asOf, afterPlace] =
    request.after === undefined
      ? [await findNewestNumber(sql, memberId), undefined]
      : (request.after as [number, number])
  const rows = await findNotifications(sql, memberId, {
    asOf,
    afterPlace,
    offset: request.offset,
    limit: request.size + 1,
  })
  return toScroll(rows, request, cursors, ({ place }) => [asOf, place], toNotification)
}

export const countUnreadNotifications = (
  { sql }: ActivityContext,
  memberId: number,
): Promise<number> => countUnread(sql, memberId)

/** Without ids: all of them. */
export const markNotificationsRead = (
  { sql }: ActivityContext,
  memberId: number,
  ids?: readonly number[] | null,
): Promise<void> => markRead(sql, memberId, ids ?? undefined)
