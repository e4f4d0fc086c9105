import type { MouseEvent } from 'react'
import { Link } from '@tanstack/react-router'
import { FEEDS, type FeedName } from '../feed/feeds.ts'
import { Icon, type IconName } from '../icon/Icon.tsx'
import type { Dictionary } from '../language/dictionary.ts'
import { useDictionary } from '../language/language.ts'
import { useUnreadCount } from '../notification/notifications.ts'
import { revisit } from '../visit/visit.ts'

interface NavItem {
  to:
    | '/'
    | '/popular'
    | '/commented'
    | '/recent'
    | '/me'
    | '/profile'
    | '/connections'
    | '/notifications'
    | '/security'
  icon: IconName
  name: keyof Dictionary['nav'] &
    (FeedName | 'profile' | 'connections' | 'notifications' | 'security')
}

const feedItem = (name: FeedName): NavItem => ({ to: FEEDS[name].to, icon: FEEDS[name].icon, name })
const NOTIFICATIONS_ITEM: NavItem = { to: '/notifications', icon: 'bell', name: 'notifications' }

/** The pages of the founding system in its order (docs/origin.md), then those that were added. */
const NAV_ITEMS: readonly NavItem[] = [
  feedItem('followings'),
  feedItem('popular'),
  feedItem('commented'),
  feedItem('mine'),
  { to: '/profile', icon: 'person', name: 'profile' },
  { to: '/connections', icon: 'people', name: 'connections' },
  feedItem('recent'),
  NOTIFICATIONS_ITEM,
  { to: '/security', icon: 'shield', name: 'security' },
]

export function Navigation() {
  const { nav } = useDictionary()
  return (
    <nav aria-label={nav.mainLabel}>
      <ul className="navigation">
        {NAV_ITEMS.map((item) => (
          <li key={item.to}>
            <NavLink {...item} label={nav[item.name]} />
          </li>
        ))}
      </ul>
    </nav>
  )
}

export function BottomBar() {
  const { nav } = useDictionary()
  const shortcuts: (NavItem & { shortLabel: string })[] = [
    { ...feedItem('followings'), shortLabel: nav.shortFollowings },
    { ...feedItem('popular'), shortLabel: nav.shortPopular },
    { ...feedItem('commented'), shortLabel: nav.shortCommented },
    { ...NOTIFICATIONS_ITEM, shortLabel: nav.shortNotifications },
    { ...feedItem('mine'), shortLabel: nav.shortMine },
  ]
  return (
    <nav aria-label={nav.bottomLabel} className="bottom-bar">
      {shortcuts.map((item) => (
        <NavLink key={item.to} {...item} label={nav[item.name]} />
      ))}
    </nav>
  )
}

interface NavLinkProps extends NavItem {
  label: string
  shortLabel?: string
}

function NavLink({ to, icon, name, label, shortLabel }: NavLinkProps) {
  const { nav } = useDictionary()
  const unread = useUnreadCount()
  const hasUnread = name === 'notifications' && unread > 0
  const fullLabel = hasUnread ? nav.unread(unread) : shortLabel === undefined ? undefined : label
  return (
    <Link
      to={to}
      className="nav-item"
      activeOptions={{ exact: true }}
      aria-label={fullLabel}
      onClick={(event) => {
        const { pathname, search, hash } = window.location
        if (pathname !== to || opensElsewhere(event)) return
        // For a link to the current page the router would restore the position that was left before.
        if (search === '' && hash === '') event.preventDefault()
        window.scrollTo({ top: 0 })
        revisit()
      }}
    >
      <span className="nav-item-icon">
        <Icon name={icon} />
        {hasUnread && (
          <span className="badge" aria-hidden="true">
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </span>
      <span>{shortLabel ?? label}</span>
    </Link>
  )
}

/** Whether the browser opens the link in another tab or window. */
const opensElsewhere = ({ metaKey, ctrlKey, shiftKey, altKey }: MouseEvent): boolean =>
  metaKey || ctrlKey || shiftKey || altKey
