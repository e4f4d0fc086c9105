import { useCanGoBack, useRouter } from '@tanstack/react-router'
import { Icon } from '../icon/Icon.tsx'
import { useDictionary } from '../language/language.ts'

/** To the list one came from, at its place; nothing where there is none to go back to. */
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
