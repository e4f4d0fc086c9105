import type { Notification } from '@dailyfeed/contract/notification'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { type Dictionary, useDictionary } from '../language/language.ts'
import { PageHeading } from '../layout/PageHeading.tsx'
import { Problem } from '../layout/Problem.tsx'
import { Waiting } from '../layout/Waiting.tsx'
import { Avatar } from '../member/Avatar.tsx'
import { hasComeBack } from '../scroll/arrival.ts'
import { EndlessList } from '../scroll/EndlessList.tsx'
import { itemsOf, refreshFromTop, useScroll } from '../scroll/useScroll.ts'
import { RelativeTime } from '../time/RelativeTime.tsx'
import { markAllRead, NOTIFICATIONS, useUnreadCount } from './notifications.ts'

const ROW_ESTIMATE = 76

export function NotificationsPage(): ReactNode {
  const { nav, notification } = useDictionary()
  const client = useQueryClient()
  useState(() => {
    if (!hasComeBack()) refreshFromTop(client, NOTIFICATIONS)
  })
  const walk = useScroll<Notification>({ key: NOTIFICATIONS, path: '/api/notifications' })
  const unread = useUnreadCount()
  const isShown = walk.isSuccess && !walk.isFetching
  useEffect(() => {
    // Seen is read. If the server does not hear of it the badge stays, and the next visit tries again.
    if (isShown && unread > 0) void markAllRead(client).catch(() => {})
  }, [isShown, unread, client])
  const notifications = itemsOf(walk.data)
  return (
    <>
      <PageHeading title={nav.notifications} />
      {walk.isPending ? (
        <Waiting shape="row" />
      ) : walk.data === undefined ? (
        <Problem error={walk.error} onRetry={() => void walk.refetch()} />
      ) : notifications.length === 0 ? (
        <div className="card empty">{notification.empty}</div>
      ) : (
        <div className="card connections">
          <EndlessList
            role="list"
            name="notifications"
            label={nav.notifications}
            items={notifications}
            walk={walk}
            estimate={ROW_ESTIMATE}
            render={(each) => <NotificationRow notification={each} />}
          />
        </div>
      )}
    </>
  )
}

function NotificationRow({ notification }: { notification: Notification }) {
  const dictionary = useDictionary()
  const { actors, postId, commentId, type, read, updatedAt } = notification
  const [first] = actors
  const sentence = dictionary.notification[type](whoOf(notification, dictionary))
  return (
    <div className={read ? 'notification' : 'notification notification-new'}>
      <Avatar name={first?.memberName ?? ''} url={first?.avatarUrl ?? null} size={40} />
      <p>
        {!read && <span className="notification-mark">{dictionary.notification.unread}</span>}{' '}
        {postId !== null ? (
          <Link
            to="/posts/$postId"
            params={{ postId: String(postId) }}
            search={commentId === null ? {} : { comment: commentId }}
          >
            {sentence}
          </Link>
        ) : first !== undefined ? (
          <Link to="/members/$handle" params={{ handle: first.handle }}>
            {sentence}
          </Link>
        ) : (
          sentence
        )}{' '}
        <span className="byline-more">
          <RelativeTime instant={updatedAt} />
        </span>
      </p>
    </div>
  )
}

function whoOf({ actors, actorCount }: Notification, { notification }: Dictionary): string {
  const [first] = actors
  if (first === undefined) return notification.someone
  return actorCount > 1
    ? notification.others(first.memberName, actorCount - 1)
    : notification.named(first.memberName)
}
