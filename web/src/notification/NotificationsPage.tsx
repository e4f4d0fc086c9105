import type { Notification } from '@dailyfeed/contract/notification'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import type { Dictionary } from '../language/dictionary.ts'
import { useDictionary } from '../language/language.ts'
import { Avatar } from '../member/Avatar.tsx'
import { EndlessList } from '../scroll/EndlessList.tsx'
import { itemsOf } from '../scroll/pages.ts'
import { refreshFromTop, useScroll } from '../scroll/useScroll.ts'
import { RelativeTime } from '../time/RelativeTime.tsx'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { useFreshOnVisit } from '../visit/useFreshOnVisit.ts'
import { markAllRead, NOTIFICATIONS, useUnreadCount } from './notifications.ts'
import './notification.css'

const ROW_ESTIMATE = 76

export function NotificationsPage(): ReactNode {
  const { nav, notification } = useDictionary()
  const client = useQueryClient()
  const isReady = useFreshOnVisit(() => refreshFromTop(client, NOTIFICATIONS))
  const query = useScroll<Notification>({ key: NOTIFICATIONS, path: '/api/notifications' })
  const unread = useUnreadCount()
  const isShown = isReady && query.isSuccess && !query.isFetching
  useEffect(() => {
    // Shown notifications count as read. If the request fails, the badge stays and the next visit tries again.
    if (isShown && unread > 0) void markAllRead(client).catch(() => {})
  }, [isShown, unread, client])
  const notifications = itemsOf(query.data)
  return (
    <>
      <PageHeading title={nav.notifications} />
      {!isReady || query.isPending ? (
        <Skeleton shape="row" />
      ) : query.data === undefined ? (
        <ErrorCard error={query.error} onRetry={() => void query.refetch()} />
      ) : notifications.length === 0 ? (
        <div className="card empty">{notification.empty}</div>
      ) : (
        <div className="card compact-list">
          <EndlessList
            role="list"
            id="notifications"
            label={nav.notifications}
            items={notifications}
            query={query}
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
  const text = dictionary.notification[type](actorText(notification, dictionary))
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
            {text}
          </Link>
        ) : first !== undefined ? (
          <Link to="/members/$handle" params={{ handle: first.handle }}>
            {text}
          </Link>
        ) : (
          text
        )}{' '}
        <span className="byline-more">
          <RelativeTime instant={updatedAt} />
        </span>
      </p>
    </div>
  )
}

/** `Kim Minji`, or `Kim Minji and 2 others`. */
function actorText({ actors, actorCount }: Notification, { notification }: Dictionary): string {
  const [first] = actors
  if (first === undefined) return notification.someone
  return actorCount > 1
    ? notification.others(first.memberName, actorCount - 1)
    : notification.named(first.memberName)
}
