import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { FeedPage } from './feed/FeedPage.tsx'
import type { FeedName } from './feed/feeds.ts'
import { Announcer } from './layout/Announcer.tsx'
import { BrokenPage } from './layout/BrokenPage.tsx'
import { NotFoundPage } from './layout/NotFoundPage.tsx'
import { Shell } from './layout/Shell.tsx'
import { Waiting } from './layout/Waiting.tsx'
import type { Tab } from './member/ConnectionsPage.tsx'
import { type ProviderProblem, providerProblemOf } from './provider/providers.ts'
import { useVisits } from './scroll/arrival.ts'
import { isSignedInOrThrow } from './session/me.ts'

interface GateSearch {
  returnTo?: string
  reason?: 'expired' | 'needed' | 'loggedOut' | 'withdrawn'
  problem?: ProviderProblem
}

const root = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Announcer />
    </>
  ),
})

/** All that only members see, inside the map. */
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
        <Waiting />
      </main>
    </div>
  ),
  component: () => (
    <Shell>
      <Outlet />
    </Shell>
  ),
})

const feedRoute = <const P extends string>(path: P, feed: FeedName) =>
  createRoute({
    getParentRoute: () => app,
    path,
    component: () => <FeedPage key={`${feed}/${useVisits()}`} feed={feed} />,
  })

const problemSearch = ({ problem }: Record<string, unknown>): { problem?: ProviderProblem } => {
  const known = providerProblemOf(problem)
  return known === undefined ? {} : { problem: known }
}
const gateSearch = ({ returnTo, reason, problem }: Record<string, unknown>): GateSearch => ({
  ...(typeof returnTo === 'string' && { returnTo }),
  ...((reason === 'expired' ||
    reason === 'needed' ||
    reason === 'loggedOut' ||
    reason === 'withdrawn') && { reason }),
  ...problemSearch({ problem }),
})
const tabSearch = ({ tab }: Record<string, unknown>): { tab?: Tab } =>
  tab === 'followers' || tab === 'followings' ? { tab } : {}

const loadPostPage = () => import('./post/PostPage.tsx')
const loadMemberPage = () => import('./member/MemberPage.tsx')

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: gateSearch,
  component: lazyRouteComponent(() => import('./session/LoginPage.tsx'), 'LoginPage'),
})
const signup = createRoute({
  getParentRoute: () => root,
  path: '/signup',
  validateSearch: gateSearch,
  component: lazyRouteComponent(() => import('./session/SignupPage.tsx'), 'SignupPage'),
})
const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  component: lazyRouteComponent(() => import('./provider/WelcomePage.tsx'), 'WelcomePage'),
})
const followings = feedRoute('/', 'followings')
const popular = feedRoute('/popular', 'popular')
const commented = feedRoute('/commented', 'commented')
const recent = feedRoute('/recent', 'recent')
const mine = feedRoute('/me', 'mine')
const post = createRoute({
  getParentRoute: () => app,
  path: '/posts/$postId',
  validateSearch: ({ comment }: Record<string, unknown>): { comment?: number } =>
    Number.isSafeInteger(comment) ? { comment: comment as number } : {},
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
  component: lazyRouteComponent(
    () => import('./member/ConnectionsPage.tsx'),
    'MemberConnectionsPage',
  ),
})
const connections = createRoute({
  getParentRoute: () => app,
  path: '/connections',
  validateSearch: tabSearch,
  component: lazyRouteComponent(() => import('./member/ConnectionsPage.tsx'), 'ConnectionsPage'),
})
const profile = createRoute({
  getParentRoute: () => app,
  path: '/profile',
  component: lazyRouteComponent(() => import('./member/ProfilePage.tsx'), 'ProfilePage'),
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
  validateSearch: ({
    keyword,
    tab,
  }: Record<string, unknown>): { keyword?: string; tab?: 'posts' | 'comments' } => ({
    // A bare number in the address is a keyword too.
    ...((typeof keyword === 'string' || typeof keyword === 'number') && {
      keyword: String(keyword),
    }),
    ...((tab === 'posts' || tab === 'comments') && { tab }),
  }),
  component: lazyRouteComponent(() => import('./search/SearchPage.tsx'), 'SearchPage'),
})
const anythingElse = createRoute({
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
    followings,
    popular,
    commented,
    recent,
    mine,
    post,
    member,
    memberConnections,
    connections,
    profile,
    security,
    notifications,
    search,
  ]),
  anythingElse,
])

export const router = createRouter({
  routeTree,
  scrollRestoration: true,
  defaultPreload: 'intent',
  // Under 200 ms nothing is shown in between.
  defaultPendingMs: 200,
  defaultPendingMinMs: 0,
  defaultPendingComponent: () => <Waiting />,
  defaultErrorComponent: BrokenPage,
  defaultNotFoundComponent: NotFoundPage,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

/** What a feed leads to most is fetched while nothing else is, so that a tap on a post does not wait for its page's code. */
export function warmNextPages(): void {
  const warm = () => void Promise.all([loadPostPage(), loadMemberPage()]).catch(() => {})
  // Safari has no idle callback.
  if ('requestIdleCallback' in window) requestIdleCallback(warm, { timeout: 5_000 })
  else setTimeout(warm, 2_000)
}
