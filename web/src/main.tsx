import { localPathOf } from '@dailyfeed/contract/local-path'
import './theme/colours.css'
import './layout/base.css'
import './layout/control.css'
import './layout/shell.css'
import './layout/state.css'
import './post/post.css'
import './comment/comment.css'
import './member/member.css'
import './session/gate.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import { onLanguageChange } from './language/language.ts'
import { router, warmNextPages } from './router.tsx'
import { watchArrivals } from './scroll/arrival.ts'
import { isPassing } from './server/failure.ts'
import { meIn } from './session/me.ts'
import { onSessionEnd, sessionState, setSessionState } from './session/session.ts'
import { onOtherTab, tellOtherTabs } from './session/tabs.ts'

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // What failed in passing is tried again by itself; what was refused is not.
      retry: (count, error) => isPassing(error) && count < 2,
      retryDelay: (count) => 400 * 2 ** count,
      refetchOnWindowFocus: false,
      // A page without connection says so instead of waiting silently.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

watchArrivals(router.history)

onSessionEnd((reason) => {
  if (reason !== 'EXPIRED') tellOtherTabs({ type: 'SIGNED_OUT' })
  const { href } = router.state.location
  const search =
    reason === 'EXPIRED'
      ? ({ reason: 'expired', returnTo: href } as const)
      : ({ reason: reason === 'WITHDRAWN' ? 'withdrawn' : 'loggedOut' } as const)
  // What one member saw must not be there for the next; cleared when its page is gone.
  void router
    .navigate({ to: '/login', search, replace: reason === 'EXPIRED' })
    .then(() => client.clear())
})

onOtherTab((message) => {
  const me = meIn(client)
  if (message.type === 'SIGNED_IN' && message.memberId === me?.memberId) return
  if (message.type === 'SIGNED_OUT' && sessionState() !== 'SIGNED_IN') return
  // Another member, or none: begin anew with what the cookie says now.
  if (sessionState() === 'SIGNED_IN') return location.reload()
  setSessionState('UNKNOWN')
  const { returnTo } = router.state.location.search as { returnTo?: string }
  router.history.replace(localPathOf(returnTo))
})

// A sentence of the server that is on the page is asked for again in the new language.
onLanguageChange(
  () =>
    void client.refetchQueries({
      type: 'active',
      predicate: ({ state }) => state.status === 'error',
    }),
)

createRoot(document.getElementById('root') as HTMLElement).render(
  <QueryClientProvider client={client}>
    <RouterProvider router={router} />
  </QueryClientProvider>,
)

warmNextPages()
