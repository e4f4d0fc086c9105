import type { MemberSummary, SignupRequest } from '@dailyfeed/code/member'
import { dataOf, send } from '../server/send.ts'
import { tellOtherTabs } from './tabs.ts'
import { acceptTokenOrThrow } from './token.ts'

export async function login(email: string, password: string): Promise<MemberSummary> {
  const response = await send({ method: 'POST', path: '/api/authentication/login', body: { email, password } })
  const member = await dataOf<MemberSummary>(response)
  acceptTokenOrThrow(response)
  tellOtherTabs({ type: 'SIGNED_IN', memberId: member.memberId })
  return member
}

export async function signup(request: SignupRequest): Promise<MemberSummary> {
  await dataOf(await send({ method: 'POST', path: '/api/authentication/signup', body: request }))
  return login(request.email, request.password)
}
