import { useSessionState } from '../session/session.ts'
import { NotFound } from '../ui/NotFound.tsx'
import { Shell } from './Shell.tsx'

/** For an unknown address; signed-in members see it inside the shell. */
export function NotFoundPage() {
  const isSignedIn = useSessionState() === 'SIGNED_IN'
  if (isSignedIn)
    return (
      <Shell>
        <NotFound />
      </Shell>
    )
  return (
    <main id="main" className="centered-page">
      <NotFound />
    </main>
  )
}
