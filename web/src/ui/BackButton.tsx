import { useCanGoBack, useRouter } from '@tanstack/react-router'
import { Icon } from '../icon/Icon.tsx'
import { useDictionary } from '../language/language.ts'

/** Returns to the previous page and its scroll position; not rendered when the history has no previous page. */
export function BackButton() {
  const { post } = useDictionary()
  const router = useRouter()
  if (!useCanGoBack()) return null
  return (
    <button type="button" className="back-button" onClick={() => router.history.back()}>
      <Icon name="back" />
      {post.back}
    </button>
  )
}
