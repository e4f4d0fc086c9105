import './theme/colours.css'
import './ui/base.css'
import './ui/control.css'
import './shell/shell.css'
import './ui/state.css'
import './ui/list.css'
import './post/post.css'
import './comment/comment.css'
import './member/member.css'
import './sign-in/auth.css'
import { localPathOf } from '@dailyfeed/contract/local-path'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { onLanguageChange } from './language/language.ts'
import { preloadLikelyPages, router } from './router.tsx'
import { isTransient } from './server/failure.ts'
import { meIn } from './session/me.ts'
import { onSessionEnd, type SessionEnd, sessionState, setSessionState } from './session/session.ts'
import { broadcastToTabs, onTabMessage } from './session/tabs.ts'
import { trackNavigation } from './visit/visit.ts'

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // Transient failures are retried; a refusal would be the same again.
      retry: (failures, error) => isTransient(error) && failures < 2,
      retryDelay: (failures) => 400 * 2 ** failures,
      refetchOnWindowFocus: false,
      // Without a connection, a query fails with a message instead of waiting silently.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

trackNavigation(router.history)

onSessionEnd((reason) => {
  if (reason !== 'EXPIRED') broadcastToTabs({ type: 'SIGNED_OUT' })
  // The next member must not see this member's data. The cache is cleared when the current page is gone.
  void router
    .navigate({ to: '/login', search: loginSearchOf(reason), replace: reason === 'EXPIRED' })
    .then(() => client.clear())
})

function loginSearchOf(reason: SessionEnd) {
  if (reason === 'EXPIRED')
    return { reason: 'expired', returnTo: router.state.location.href } as const
  return { reason: reason === 'WITHDRAWN' ? 'withdrawn' : 'loggedOut' } as const
}

onTabMessage((message) => {
  if (message.type === 'SIGNED_IN' && message.memberId === meIn(client)?.memberId) return
  if (message.type === 'SIGNED_OUT' && sessionState() !== 'SIGNED_IN') return
  // The shared cookie now belongs to another member, or to none: this tab starts anew with it.
  if (sessionState() === 'SIGNED_IN') return location.reload()
  setSessionState('UNKNOWN')
  const { returnTo } = router.state.location.search as { returnTo?: string }
  router.history.replace(localPathOf(returnTo))
})

// Error messages of the server are in the previous language; failed queries request them in the new one.
onLanguageChange(
  () =>
    void client.refetchQueries({
      type: 'active',
      predicate: ({ state }) => state.status === 'error',
    }),
)

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)

preloadLikelyPages()
