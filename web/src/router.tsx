import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { FeedPage } from './feed/FeedPage.tsx'
import { FEEDS, type FeedName } from './feed/feeds.ts'
import { useUnreadCount } from './notification/notifications.ts'
import { keywordSearch, linkedCommentSearch, tabSearch } from './routeSearch.ts'
import { isSignedInOrThrow } from './session/me.ts'
import { ErrorPage } from './shell/ErrorPage.tsx'
import { NotFoundPage } from './shell/NotFoundPage.tsx'
import { Shell } from './shell/Shell.tsx'
import { authSearch, problemSearch } from './sign-in/authSearch.ts'
import { Announcer } from './ui/Announcer.tsx'
import { TitlePrefix } from './ui/PageHeading.tsx'
import { Skeleton } from './ui/Skeleton.tsx'
import { useVisitCount } from './visit/visit.ts'

const root = createRootRoute({
  component: () => {
    const unread = useUnreadCount()
    return (
      <TitlePrefix value={unread > 0 ? `(${unread}) ` : ''}>
        <Outlet />
        <Announcer />
      </TitlePrefix>
    )
  },
})

/** The pages for signed-in members, inside the shell. */
const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  beforeLoad: async ({ location }) => {
    if (await isSignedInOrThrow()) return
    throw redirect({
      to: '/login',
      replace: true,
      search: location.href === '/' ? {} : { returnTo: location.href, reason: 'needed' },
    })
  },
  pendingComponent: () => (
    <div className="columns">
      <main className="column-middle">
        <Skeleton />
      </main>
    </div>
  ),
  component: () => (
    <Shell>
      <Outlet />
    </Shell>
  ),
})

const feedRoute = <const Name extends FeedName>(feed: Name) =>
  createRoute({
    getParentRoute: () => app,
    path: FEEDS[feed].to,
    component: () => <FeedPage key={`${feed}/${useVisitCount()}`} feed={feed} />,
  })

const loadPostPage = () => import('./post-page/PostPage.tsx')
const loadMemberPage = () => import('./profile/MemberPage.tsx')
const loadConnectionsPage = () => import('./profile/ConnectionsPage.tsx')

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: authSearch,
  component: lazyRouteComponent(() => import('./sign-in/LoginPage.tsx'), 'LoginPage'),
})
const signup = createRoute({
  getParentRoute: () => root,
  path: '/signup',
  validateSearch: authSearch,
  component: lazyRouteComponent(() => import('./sign-in/SignupPage.tsx'), 'SignupPage'),
})
const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  component: lazyRouteComponent(() => import('./sign-in/WelcomePage.tsx'), 'WelcomePage'),
})
const post = createRoute({
  getParentRoute: () => app,
  path: '/posts/$postId',
  validateSearch: linkedCommentSearch,
  component: lazyRouteComponent(loadPostPage, 'PostPage'),
})
const member = createRoute({
  getParentRoute: () => app,
  path: '/members/$handle',
  component: lazyRouteComponent(loadMemberPage, 'MemberPage'),
})
const memberConnections = createRoute({
  getParentRoute: () => app,
  path: '/members/$handle/connections',
  validateSearch: tabSearch,
  component: lazyRouteComponent(loadConnectionsPage, 'MemberConnectionsPage'),
})
const connections = createRoute({
  getParentRoute: () => app,
  path: '/connections',
  validateSearch: tabSearch,
  component: lazyRouteComponent(loadConnectionsPage, 'ConnectionsPage'),
})
const profile = createRoute({
  getParentRoute: () => app,
  path: '/profile',
  component: lazyRouteComponent(() => import('./profile/ProfilePage.tsx'), 'ProfilePage'),
})
const security = createRoute({
  getParentRoute: () => app,
  path: '/security',
  validateSearch: problemSearch,
  component: lazyRouteComponent(() => import('./security/SecurityPage.tsx'), 'SecurityPage'),
})
const notifications = createRoute({
  getParentRoute: () => app,
  path: '/notifications',
  component: lazyRouteComponent(
    () => import('./notification/NotificationsPage.tsx'),
    'NotificationsPage',
  ),
})
const search = createRoute({
  getParentRoute: () => app,
  path: '/search',
  validateSearch: keywordSearch,
  component: lazyRouteComponent(() => import('./search/SearchPage.tsx'), 'SearchPage'),
})
const unknown = createRoute({
  getParentRoute: () => root,
  path: '$',
  beforeLoad: () => isSignedInOrThrow().then(() => {}),
  component: NotFoundPage,
})

const routeTree = root.addChildren([
  login,
  signup,
  welcome,
  app.addChildren([
    feedRoute('followings'),
    feedRoute('popular'),
    feedRoute('commented'),
    feedRoute('recent'),
    feedRoute('mine'),
    post,
    member,
    memberConnections,
    connections,
    profile,
    security,
    notifications,
    search,
  ]),
  unknown,
])

export const router = createRouter({
  routeTree,
  scrollRestoration: true,
  defaultPreload: 'intent',
  // A navigation that takes less shows no skeleton in between.
  defaultPendingMs: 200,
  defaultPendingMinMs: 0,
  defaultPendingComponent: () => <Skeleton />,
  defaultErrorComponent: ErrorPage,
  defaultNotFoundComponent: NotFoundPage,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

/** Loads the code of the pages that feeds lead to most while the browser is idle, so that opening a post need not wait for it. */
export function preloadLikelyPages(): void {
  const preload = () => void Promise.all([loadPostPage(), loadMemberPage()]).catch(() => {})
  // Safari has no requestIdleCallback.
  if ('requestIdleCallback' in window) requestIdleCallback(preload, { timeout: 5_000 })
  else setTimeout(preload, 2_000)
}
