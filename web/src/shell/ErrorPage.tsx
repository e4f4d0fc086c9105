import { useRouter } from '@tanstack/react-router'
import { useDictionary } from '../language/language.ts'
import { Failure } from '../server/failure.ts'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'

/** Replaces a page that failed to render, because the server is unreachable or because of a bug in the page. */
export function ErrorPage({ error, reset }: { error: unknown; reset: () => void }) {
  const { product, action, failure } = useDictionary()
  const router = useRouter()
  const retry = () => {
    reset()
    void router.invalidate()
  }
  return (
    <div className="centered-page">
      <PageHeading title={error instanceof Failure ? product : failure.unexpected} />
      <ErrorCard error={error} onRetry={retry}>
        {/* A new release may have replaced the files that this page still requests. */}
        {!(error instanceof Failure) && (
          <button type="button" className="button button-quiet" onClick={() => location.reload()}>
            {action.reload}
          </button>
        )}
      </ErrorCard>
    </div>
  )
}
