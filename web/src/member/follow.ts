import type { MemberProfile, MemberSummary } from '@dailyfeed/contract/member'
import type { Page } from '@dailyfeed/contract/page'
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { currentDictionary } from '../language/language.ts'
import { announce } from '../layout/announce.ts'
import { call } from '../server/call.ts'
import { isFailure, sentenceOf } from '../server/failure.ts'
import { ME } from '../session/me.ts'
import { settle } from '../settle/settle.ts'

const FOLLOWINGS = ['followings'] as const
export const RECOMMENDED = ['recommended'] as const
export const CONNECTIONS = 'connections'
export const profileKey = (handle: string) => ['profile', handle.toLowerCase()] as const

/** Whom one follows: at most 1,000, so all are at hand, and any button knows its state. */
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

/** Undefined until it is known. */
export function useFollow(member: Followable): {
  isFollowing: boolean | undefined
  toggle: () => void
} {
  const client = useQueryClient()
  const isFollowing = useFollowings().data?.some(({ memberId }) => memberId === member.memberId)
  return { isFollowing, toggle: () => void follow(client, member, !isFollowing) }
}

async function follow(client: QueryClient, member: Followable, wanted: boolean): Promise<void> {
  const { memberId, memberName } = member
  await settle({
    key: `follow/${memberId}`,
    wanted,
    send: async (on) => {
      try {
        await call<true>(on ? 'POST' : 'DELETE', `/api/members/follow/${memberId}`)
      } catch (error) {
        if (
          !isFailure(
            error,
            on ? 'FOLLOW_RELATIONSHIP_ALREADY_EXISTS' : 'FOLLOW_RELATIONSHIP_NOT_FOUND',
          )
        )
          throw error
      }
    },
    show: (on) => show(client, member, on),
    onFailure: (error, on) => {
      const dictionary = currentDictionary()
      const { followUndone, unfollowUndone } = dictionary.failure
      announce(
        `${(on ? followUndone : unfollowUndone)(memberName)} ${sentenceOf(error, dictionary)}`,
        'FAILED',
      )
    },
  })
  // The feed and the connections of both are others now; they are asked for at the next visit.
  void client.invalidateQueries({ queryKey: ['posts', 'list', 'followings'], refetchType: 'none' })
  void client.invalidateQueries({ queryKey: [CONNECTIONS], refetchType: 'none' })
}

function show(client: QueryClient, member: Followable, on: boolean): void {
  const before = client.getQueryData<MemberSummary[]>(FOLLOWINGS) ?? []
  const was = before.some(({ memberId }) => memberId === member.memberId)
  if (was === on) return
  const step = on ? 1 : -1
  client.setQueryData<MemberSummary[]>(
    FOLLOWINGS,
    on ? [member, ...before] : before.filter(({ memberId }) => memberId !== member.memberId),
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

export const recommendedPath = '/api/members/follow/recommend/newbie'
export type Recommended = Page<MemberSummary>
