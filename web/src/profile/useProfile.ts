import type { MemberProfile } from '@dailyfeed/contract/member'
import { useQuery } from '@tanstack/react-query'
import { profileKey } from '../member/follow.ts'
import { call } from '../session/call.ts'

export const useProfile = (handle: string) =>
  useQuery({
    queryKey: profileKey(handle),
    queryFn: ({ signal }) =>
      call<MemberProfile>('GET', `/api/members/profile/@${encodeURIComponent(handle)}`, { signal }),
  })

/** Addresses that people share have the handle with or without `@`. */
export const handleOf = (parameter: string): string => parameter.replace(/^@/, '')
