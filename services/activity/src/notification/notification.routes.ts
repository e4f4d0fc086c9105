import { Notification, ReadNotifications, UnreadCount } from '@dailyfeed/contract/notification'
import { ListQuery, scrollOf } from '@dailyfeed/contract/page'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { ActivityContext } from '../context.ts'
import {
  countUnreadNotifications,
  markNotificationsRead,
  readNotifications,
} from './notification.service.ts'

const tags = ['notification']

export function notificationRoutes(app: HttpServer, context: ActivityContext): void {
  app.get(
    '/api/notifications',
    {
      schema: {
        tags,
        summary:
          'List my notifications: actions of others on my posts, comments and profile, grouped, newest first',
        querystring: ListQuery,
        response: { 200: successOf(scrollOf(Notification)) },
      },
    },
    async (request) =>
      success(200, await readNotifications(context, request.memberId, request.query)),
  )

  app.get(
    '/api/notifications/unread-count',
    {
      schema: {
        tags,
        summary: 'Count my unread notifications',
        response: { 200: successOf(UnreadCount) },
      },
    },
    async (request) =>
      success(200, { unreadCount: await countUnreadNotifications(context, request.memberId) }),
  )

  app.post(
    '/api/notifications/read',
    {
      schema: {
        tags,
        summary: 'Mark notifications as read; without ids all of them',
        body: Type.Union([ReadNotifications, Type.Null()]),
        response: { 200: successOf(Type.Boolean()) },
      },
    },
    async (request) => {
      await markNotificationsRead(context, request.memberId, request.body?.ids)
      return success(200, true)
    },
  )
}
