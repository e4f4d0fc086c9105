import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { PostList } from '../post/PostList.tsx'
import { postListKey } from '../post/posts.ts'
import { refreshFromTop } from '../scroll/useScroll.ts'
import { isFailure } from '../server/failure.ts'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { NotFound } from '../ui/NotFound.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { useFreshOnVisit } from '../visit/useFreshOnVisit.ts'
import { ProfileHeader } from './ProfileHeader.tsx'
import { handleOf, useProfile } from './useProfile.ts'
import './profile.css'

const route = getRouteApi('/app/members/$handle')

export function MemberPage(): ReactNode {
  const handle = handleOf(route.useParams().handle)
  return <Member key={handle.toLowerCase()} handle={handle} />
}

function Member({ handle }: { handle: string }) {
  const { data: profile, error, isPending, refetch } = useProfile(handle)
  if (isPending) return <Skeleton />
  if (profile === undefined)
    return isFailure(error, 'MEMBER_NOT_FOUND') || isFailure(error, 'VALIDATION_FAILED') ? (
      <NotFound />
    ) : (
      <ErrorCard error={error} onRetry={() => void refetch()} />
    )
  return (
    <>
      <ProfileHeader profile={profile} />
      <MemberPosts memberId={profile.memberId} />
    </>
  )
}

function MemberPosts({ memberId }: { memberId: number }) {
  const { feed, member } = useDictionary()
  const client = useQueryClient()
  const key = postListKey('author', memberId)
  const isReady = useFreshOnVisit(() => refreshFromTop(client, key))
  return (
    <section aria-labelledby="member-posts">
      <h2 id="member-posts" className="visually-hidden">
        {member.posts}
      </h2>
      {isReady ? (
        <PostList
          listKey={key}
          path={`/api/timeline/posts/authors/${memberId}`}
          empty={<p>{feed.authorEmpty}</p>}
        />
      ) : (
        <Skeleton />
      )}
    </section>
  )
}
