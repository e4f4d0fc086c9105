import type { MemberProfile } from '@dailyfeed/contract/member'
import { type QueryClient, useQuery } from '@tanstack/react-query'
import { announce } from '../layout/announce.ts'
import { currentDictionary } from '../language/language.ts'
import { call } from '../server/call.ts'
import { isFailure, sentenceOf } from '../server/failure.ts'
import { endSession, sessionState, setSessionState } from './session.ts'
import { renewToken } from './token.ts'

export const ME = ['me'] as const

/** One's own profile; undefined until it is there. */
export function useMe(): MemberProfile | undefined {
  return useQuery({
    queryKey: ME,
    queryFn: ({ signal }) => call<MemberProfile>('GET', '/api/members/profile', { signal }),
    staleTime: 5 * 60_000,
  }).data
}

export const meIn = (client: QueryClient): MemberProfile | undefined => client.getQueryData(ME)

/** Tries the cookie when nothing is known yet. Throws a Failure when the server cannot say. */
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

/** The cookie can only be taken back by the server, so a failure leaves the member logged in, and says so. */
export async function logout(): Promise<void> {
  try {
    await call<true>('POST', '/api/authentication/logout')
    endSession('LOGGED_OUT')
  } catch (error) {
    if (sessionState() === 'SIGNED_IN') announce(sentenceOf(error, currentDictionary()), 'FAILED')
  }
}
