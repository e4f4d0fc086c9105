import { MAX_PAGE_SIZE } from '@dailyfeed/contract/limits'
import type { MemberSummary } from '@dailyfeed/contract/member'
import type { Scroll } from '@dailyfeed/contract/page'
import { type QueryClient, useQuery } from '@tanstack/react-query'
import { withQuery } from '../server/withQuery.ts'
import { call } from '../session/call.ts'

/**
 * `block` hides two members from each other. `mute` hides one member's posts and comments from the other's lists; the
 * muted member is not notified.
 */
export type BlockKind = 'block' | 'mute'

export const blockedKey = (kind: BlockKind) => ['blocked', kind] as const
export const blockedPathOf = (kind: BlockKind) => `/api/members/${kind}s`

/** Undefined until the muted members are loaded. */
export function useIsMuted(memberId: number): boolean | undefined {
  const { data } = useQuery({
    queryKey: [...blockedKey('mute'), 'ids'],
    queryFn: async ({ signal }) => {
      const path = withQuery(blockedPathOf('mute'), { size: MAX_PAGE_SIZE })
      const { content } = await call<Scroll<MemberSummary>>('GET', path, { signal })
      return content.map((member) => member.memberId)
    },
  })
  return data?.includes(memberId)
}

/** Every cached list may now show or lack the member's content, so all of them are reloaded. */
export async function setBlocked(
  client: QueryClient,
  kind: BlockKind,
  memberId: number,
  isBlocked: boolean,
): Promise<void> {
  await call<true>(isBlocked ? 'POST' : 'DELETE', `/api/members/${kind}/${memberId}`)
  await client.invalidateQueries()
}
