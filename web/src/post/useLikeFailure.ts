import { useDictionary } from '../language/language.ts'
import { messageFor } from '../server/failure.ts'
import { announce } from '../ui/announce.ts'

/** Announces that a like of a post or comment could not be saved or removed. */
export function useLikeFailure(): (error: unknown, on: boolean) => void {
  const dictionary = useDictionary()
  const { likeFailed, unlikeFailed } = dictionary.failure
  return (error, on) =>
    announce(`${on ? likeFailed : unlikeFailed} ${messageFor(error, dictionary)}`, 'FAILED')
}
