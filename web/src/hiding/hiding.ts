import type { MemberSummary } from '@dailyfeed/contract/member'
import type { Scroll } from '@dailyfeed/contract/page'
import { type QueryClient, useQuery } from '@tanstack/react-query'
import { call } from '../server/call.ts'

/** A block keeps two members out of each other's sight; a mute keeps one out of the other's lists, and nobody hears of it. */
export type Hiding = 'block' | 'mute'

export const hiddenKey = (hiding: Hiding) => ['hidden', hiding] as const
export const hiddenPathOf = (hiding: Hiding) => `/api/members/${hiding}s`

/** Undefined until it is known. */
export function useIsMuted(memberId: number): boolean | undefined {
  const { data } = useQuery({
    queryKey: ['hidden', 'mute', 'ids'],
    queryFn: async ({ signal }) =>
      (
        await call<Scroll<MemberSummary>>('GET', '/api/members/mutes?size=100', { signal })
      ).content.map(({ memberId }) => memberId),
  })
  return data?.includes(memberId)
}

/** Whatever lists are at hand may show or lack them now: all are asked for again. */
export async function setHidden(
  client: QueryClient,
  hiding: Hiding,
  memberId: number,
  wanted: boolean,
): Promise<void> {
  await call<true>(wanted ? 'POST' : 'DELETE', `/api/members/${hiding}/${memberId}`)
  await client.invalidateQueries()
}
