import { localPathOf } from '@dailyfeed/contract/local-path'
import { useRouter } from '@tanstack/react-router'
import { useDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'

/** From the gate to where one was, or to the feed. */
export function useGoIn(returnTo: string | undefined): (memberName: string) => void {
  const router = useRouter()
  const { session } = useDictionary()
  return (memberName) => {
    announce(session.welcome(memberName))
    router.history.replace(localPathOf(returnTo))
  }
}
