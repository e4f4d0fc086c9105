import { Link } from '@tanstack/react-router'
import { FEEDS, type FeedName } from '../feed/feeds.ts'
import { Icon, type IconName } from '../icon/Icon.tsx'
import { type Dictionary, useDictionary } from '../language/language.ts'
import { useUnreadCount } from '../notification/notifications.ts'
import { visitAgain } from '../scroll/arrival.ts'

type Place = {
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

const feedPlace = (name: FeedName): Place => ({ to: FEEDS[name].to, icon: FEEDS[name].icon, name })

/** The founding order, with what is new after it. */
const PLACES: readonly Place[] = [
  feedPlace('followings'),
  feedPlace('popular'),
  feedPlace('commented'),
  feedPlace('mine'),
  { to: '/profile', icon: 'person', name: 'profile' },
  { to: '/connections', icon: 'people', name: 'connections' },
  feedPlace('recent'),
  { to: '/notifications', icon: 'bell', name: 'notifications' },
  { to: '/security', icon: 'shield', name: 'security' },
]

export function Navigation() {
  const { nav } = useDictionary()
  return (
    <nav aria-label={nav.label}>
      <ul className="navigation">
        {PLACES.map((place) => (
          <li key={place.to}>
            <PlaceLink {...place} label={nav[place.name]} />
          </li>
        ))}
      </ul>
    </nav>
  )
}

export function BottomBar() {
  const { nav } = useDictionary()
  const shortcuts = [
    { ...feedPlace('followings'), short: nav.shortFollowings },
    { ...feedPlace('popular'), short: nav.shortPopular },
    { ...feedPlace('commented'), short: nav.shortCommented },
    { to: '/notifications', icon: 'bell', name: 'notifications', short: nav.shortNotifications },
    { ...feedPlace('mine'), short: nav.shortMine },
  ] as const
  return (
    <nav aria-label={nav.bottomLabel} className="bottom-bar">
      {shortcuts.map(({ short, ...place }) => (
        <PlaceLink key={place.to} {...place} label={nav[place.name]} short={short} />
      ))}
    </nav>
  )
}

function PlaceLink({ to, icon, name, label, short }: Place & { label: string; short?: string }) {
  const { nav } = useDictionary()
  const unread = useUnreadCount()
  const isBell = name === 'notifications'
  return (
    <Link
      to={to}
      className="place"
      activeOptions={{ exact: true }}
      aria-label={
        isBell && unread > 0 ? nav.unread(unread) : short === undefined ? undefined : label
      }
      onClick={() => {
        // Asks for what is new; the router alone would see nothing to do.
        if (window.location.pathname !== to) return
        window.scrollTo({ top: 0 })
        visitAgain()
      }}
    >
      <span className="place-icon">
        <Icon name={icon} />
        {isBell && unread > 0 && (
          <span className="badge" aria-hidden="true">
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </span>
      <span>{short ?? label}</span>
    </Link>
  )
}
