import { useRouter } from '@tanstack/react-router'
import { useDictionary } from '../language/language.ts'
import { Failure } from '../server/failure.ts'
import { PageHeading } from './PageHeading.tsx'
import { Problem } from './Problem.tsx'

/** A page that could not even begin: the server is out of reach, or there is a fault in the page. */
export function BrokenPage({ error, reset }: { error: unknown; reset: () => void }) {
  const { product, act, failure } = useDictionary()
  const router = useRouter()
  const again = () => {
    reset()
    void router.invalidate()
  }
  return (
    <div className="gate">
      <PageHeading title={error instanceof Failure ? product : failure.unexpected} />
      <Problem error={error} onRetry={again}>
        {/* A new version may have taken the place of the files that this page still asks for. */}
        {!(error instanceof Failure) && (
          <button type="button" className="button button-quiet" onClick={() => location.reload()}>
            {act.reload}
          </button>
        )}
      </Problem>
    </div>
  )
}
