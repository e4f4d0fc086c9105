import type { MemberSummary, SignupRequest } from '@dailyfeed/contract/member'
import { dataOf, send } from '../server/send.ts'
import { broadcastToTabs } from '../session/tabs.ts'
import { acceptTokenOrThrow } from '../session/token.ts'

export const login = async (email: string, password: string): Promise<MemberSummary> =>
  acceptSignIn(
    await send({ method: 'POST', path: '/api/authentication/login', body: { email, password } }),
  )

/** Starts the session from a response with an access token and a refresh cookie. Throws a Failure. */
export async function acceptSignIn(response: Response): Promise<MemberSummary> {
  const member = await dataOf<MemberSummary>(response)
  acceptTokenOrThrow(response)
  broadcastToTabs({ type: 'SIGNED_IN', memberId: member.memberId })
  return member
}

export async function signup(request: SignupRequest): Promise<MemberSummary> {
  await dataOf(await send({ method: 'POST', path: '/api/authentication/signup', body: request }))
  return login(request.email, request.password)
}
