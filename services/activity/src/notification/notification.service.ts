import type { Notification } from '@dailyfeed/code/notification'
import type { ListQuery, Scroll } from '@dailyfeed/code/page'
import { listRequestOf, toScroll } from '@dailyfeed/pagination-support/list'
import type { ActivityContext } from '../context.ts'
import { toNotification } from './notification.mapper.ts'
import { countUnread, findNotifications, markRead } from './notification.queries.ts'

/** The newest group first. A group keeps its place while others join it, so that a walk neither skips nor repeats one. */
export async function readNotifications({ sql, cursors }: ActivityContext, memberId: number, query: ListQuery): Promise<Scroll<Notification>> {
  const request = listRequestOf(query, `notifications:${memberId}`, cursors)
  const rows = await findNotifications(sql, memberId, { afterId: request.after?.[0] as number | undefined, offset: request.offset, limit: request.size + 1 })
  return toScroll(rows, request, cursors, ({ id }) => [id], toNotification)
}

export const countUnreadNotifications = ({ sql }: ActivityContext, memberId: number): Promise<number> => countUnread(sql, memberId)

/** Without ids: all of them. */
export const markNotificationsRead = ({ sql }: ActivityContext, memberId: number, ids?: readonly number[] | null): Promise<void> => markRead(sql, memberId, ids ?? undefined)
