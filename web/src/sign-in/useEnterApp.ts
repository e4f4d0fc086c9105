import { localPathOf } from '@dailyfeed/contract/local-path'
import { useRouter } from '@tanstack/react-router'
import { useDictionary } from '../language/language.ts'
import { announce } from '../ui/announce.ts'

/** After a sign-in: welcomes the member and goes to the page that they came from, or to the feed. */
export function useEnterApp(returnTo?: string): (member: { memberName: string }) => void {
  const router = useRouter()
  const { session } = useDictionary()
  return ({ memberName }) => {
    announce(session.welcome(memberName))
    router.history.replace(localPathOf(returnTo))
  }
}
