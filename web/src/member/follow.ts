import type { MemberProfile, MemberSummary } from '@dailyfeed/contract/member'
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { currentDictionary } from '../language/language.ts'
import { ignoreFailure, messageFor } from '../server/failure.ts'
import { optimisticToggle } from '../server/optimisticToggle.ts'
import { call } from '../session/call.ts'
import { ME } from '../session/me.ts'
import { announce } from '../ui/announce.ts'

const FOLLOWINGS = ['followings'] as const
export const CONNECTIONS = 'connections'
export const profileKey = (handle: string) => ['profile', handle.toLowerCase()] as const

/** All followings of the signed-in member. The contract limits them to 1,000, so every follow button finds its state here. */
export function useFollowings() {
  return useQuery({
    queryKey: FOLLOWINGS,
    queryFn: ({ signal }) =>
      call<MemberSummary[]>('GET', '/api/members/query/followings', { signal }),
    staleTime: 60_000,
  })
}

export type Followable = Pick<
  MemberSummary,
  | 'memberId'
  | 'id'
  | 'memberName'
  | 'memberHandle'
  | 'handle'
  | 'displayName'
  | 'bio'
  | 'verificationStatus'
  | 'avatarUrl'
  | 'updatedAt'
>

/** `isFollowing` is undefined until the followings are loaded. */
export function useFollow(member: Followable): {
  isFollowing: boolean | undefined
  toggle: () => void
} {
  const client = useQueryClient()
  const isFollowing = useFollowings().data?.some(({ memberId }) => memberId === member.memberId)
  return { isFollowing, toggle: () => void setFollowing(client, member, !isFollowing) }
}

async function setFollowing(
  client: QueryClient,
  member: Followable,
  desired: boolean,
): Promise<void> {
  await optimisticToggle({
    key: `follow/${member.memberId}`,
    desired,
    send: (on) => sendFollowing(member.memberId, on),
    show: (on) => showFollowing(client, member, on),
    onFailure: (error, on) => {
      const dictionary = currentDictionary()
      const { followFailed, unfollowFailed } = dictionary.failure
      const failed = (on ? followFailed : unfollowFailed)(member.memberName)
      announce(`${failed} ${messageFor(error, dictionary)}`, 'FAILED')
    },
  })
  // The following feed and the connections of both members have changed; their next visit reloads them.
  void client.invalidateQueries({ queryKey: ['posts', 'list', 'followings'], refetchType: 'none' })
  void client.invalidateQueries({ queryKey: [CONNECTIONS], refetchType: 'none' })
}

const sendFollowing = (memberId: number, on: boolean): Promise<void> =>
  ignoreFailure(on ? 'FOLLOW_RELATIONSHIP_ALREADY_EXISTS' : 'FOLLOW_RELATIONSHIP_NOT_FOUND', () =>
    call<true>(on ? 'POST' : 'DELETE', `/api/members/follow/${memberId}`),
  )

function showFollowing(client: QueryClient, member: Followable, on: boolean): void {
  const followings = client.getQueryData<MemberSummary[]>(FOLLOWINGS) ?? []
  const isFollowing = followings.some(({ memberId }) => memberId === member.memberId)
  if (isFollowing === on) return
  const step = on ? 1 : -1
  client.setQueryData<MemberSummary[]>(
    FOLLOWINGS,
    on
      ? [member, ...followings]
      : followings.filter(({ memberId }) => memberId !== member.memberId),
  )
  client.setQueryData<MemberProfile>(
    profileKey(member.handle),
    (profile) => profile && { ...profile, followersCount: profile.followersCount + step },
  )
  client.setQueryData<MemberProfile>(
    ME,
    (me) =>
      me && {
        ...me,
        followingsCount: me.followingsCount + step,
        followingCount: me.followingCount + step,
      },
  )
}
