import type { Notification } from '@dailyfeed/contract/notification'
import type { ListQuery, Scroll } from '@dailyfeed/contract/page'
import { cursorOf } from '@dailyfeed/pagination-support/cursor'
import { listRequestOf, toScroll } from '@dailyfeed/pagination-support/list'
import type { ActivityContext } from '../context.ts'
import { toNotification } from './notification.mapper.ts'
import {
  countUnread,
  findNewestNumber,
  findNotifications,
  markRead,
} from './notification-read.queries.ts'

/** Each group counts its actors. */
const MAX_ITEMS_BY_PAGE = 2_000

/** The newest number when the pagination began, and the position of the last group seen. */
const cursor = cursorOf('number', 'number')

/**
 * The most recently changed group first. A group moves up when an actor joins it; a pagination by
 * cursor shows the groups as they were when it began, so that it neither skips nor repeats one.
 */
export async function readNotifications(
  { sql, cursors }: ActivityContext,
  memberId: number,
  query: ListQuery,
): Promise<Scroll<Notification>> {
  const request = listRequestOf(query, `notifications:${memberId}`, cursors, {
    cursor,
    maxItemsByPage: MAX_ITEMS_BY_PAGE,
  })
  const [asOf, afterPosition] = request.after ?? [await findNewestNumber(sql, memberId)]
  const rows = await findNotifications(sql, memberId, {
    asOf,
    afterPosition,
    offset: request.offset,
    limit: request.size + 1,
  })
  return toScroll(rows, request, cursors, ({ position }) => [asOf, position], toNotification)
}

export const countUnreadNotifications = (
  { sql }: ActivityContext,
  memberId: number,
): Promise<number> => countUnread(sql, memberId)

/** Without ids, marks all. */
export const markNotificationsRead = (
  { sql }: ActivityContext,
  memberId: number,
  ids?: readonly number[] | null,
): Promise<void> => markRead(sql, memberId, ids ?? undefined)
