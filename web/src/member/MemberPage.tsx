import type { MemberProfile } from '@dailyfeed/contract/member'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useQueryClient } from '@tanstack/react-query'
import { useDictionary } from '../language/language.ts'
import { NotFound } from '../layout/NotFoundPage.tsx'
import { Problem } from '../layout/Problem.tsx'
import { Waiting } from '../layout/Waiting.tsx'
import { PostList } from '../post/PostList.tsx'
import { postListKey } from '../post/posts.ts'
import { hasComeBack } from '../scroll/arrival.ts'
import { refreshFromTop } from '../scroll/useScroll.ts'
import { call } from '../server/call.ts'
import { isFailure } from '../server/failure.ts'
import { profileKey } from './follow.ts'
import { ProfileHead } from './ProfileHead.tsx'

const route = getRouteApi('/app/members/$handle')

export function useProfile(handle: string) {
  return useQuery({
    queryKey: profileKey(handle),
    queryFn: ({ signal }) =>
      call<MemberProfile>('GET', `/api/members/profile/@${encodeURIComponent(handle)}`, { signal }),
  })
}

export function MemberPage(): ReactNode {
  // Written with and without @ in addresses people pass on.
  const handle = route.useParams().handle.replace(/^@/, '')
  return <Member key={handle.toLowerCase()} handle={handle} />
}

function Member({ handle }: { handle: string }) {
  const { data: profile, error, isPending, refetch } = useProfile(handle)
  if (isPending) return <Waiting />
  if (profile === undefined)
    return isFailure(error, 'MEMBER_NOT_FOUND') || isFailure(error, 'VALIDATION_FAILED') ? (
      <NotFound />
    ) : (
      <Problem error={error} onRetry={() => void refetch()} />
    )
  return (
    <>
      <ProfileHead profile={profile} />
      <MemberPosts memberId={profile.memberId} />
    </>
  )
}

function MemberPosts({ memberId }: { memberId: number }) {
  const { feed, member } = useDictionary()
  const client = useQueryClient()
  const key = postListKey('author', memberId)
  useState(() => {
    if (!hasComeBack()) refreshFromTop(client, key)
  })
  return (
    <section aria-labelledby="member-posts">
      <h2 id="member-posts" className="visually-hidden">
        {member.posts}
      </h2>
      <PostList
        listKey={key}
        path={`/api/timeline/posts/authors/${memberId}`}
        empty={<p>{feed.authorEmpty}</p>}
      />
    </section>
  )
}
