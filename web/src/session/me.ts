import type { MemberProfile } from '@dailyfeed/contract/member'
import { type QueryClient, useQuery } from '@tanstack/react-query'
import { currentDictionary } from '../language/language.ts'
import { isFailure, messageFor } from '../server/failure.ts'
import { announce } from '../ui/announce.ts'
import { call } from './call.ts'
import { endSession, sessionState, setSessionState } from './session.ts'
import { renewToken } from './token.ts'

export const ME = ['me'] as const
const STALE_AFTER_MS = 5 * 60_000

export const fetchMe = (signal: AbortSignal): Promise<MemberProfile> =>
  call<MemberProfile>('GET', '/api/members/profile', { signal })

/** The signed-in member's own profile; undefined until it is loaded. */
export function useMe(): MemberProfile | undefined {
  return useQuery({
    queryKey: ME,
    queryFn: ({ signal }) => fetchMe(signal),
    staleTime: STALE_AFTER_MS,
  }).data
}

export const meIn = (client: QueryClient): MemberProfile | undefined => client.getQueryData(ME)

/** Tries the refresh cookie while the state is UNKNOWN. Throws a Failure when the server gives no answer. */
export async function isSignedInOrThrow(): Promise<boolean> {
  if (sessionState() !== 'UNKNOWN') return sessionState() === 'SIGNED_IN'
  try {
    await renewToken()
    return true
  } catch (error) {
    if (!isFailure(error) || error.status !== 401) throw error
    setSessionState('SIGNED_OUT')
    return false
  }
}

/** Only the server can delete the cookie, so a failed logout leaves the member signed in and announces the error. */
export async function logout(): Promise<void> {
  try {
    await call<true>('POST', '/api/authentication/logout')
    endSession('LOGGED_OUT')
  } catch (error) {
    if (sessionState() === 'SIGNED_IN') announce(messageFor(error, currentDictionary()), 'FAILED')
  }
}
