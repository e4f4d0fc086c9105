import { Link } from '@tanstack/react-router'
import { useDictionary } from '../language/language.ts'
import { useSessionState } from '../session/session.ts'
import { PageHeading } from './PageHeading.tsx'
import { Shell } from './Shell.tsx'

export function NotFound() {
  const { notFound, act } = useDictionary()
  return (
    <>
      <PageHeading title={notFound.title} />
      <div className="card empty">
        <p>{notFound.text}</p>
        <Link to="/" className="button">
          {act.backHome}
        </Link>
      </div>
    </>
  )
}

/** For an address that leads nowhere, with the map around it for those who are logged in. */
export function NotFoundPage() {
  const isSignedIn = useSessionState() === 'SIGNED_IN'
  if (isSignedIn)
    return (
      <Shell>
        <NotFound />
      </Shell>
    )
  return (
    <main id="main" className="gate">
      <NotFound />
    </main>
  )
}
