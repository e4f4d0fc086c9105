import type { Post } from '@dailyfeed/contract/post'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Comments } from '../comment/Comments.tsx'
import { removeDiscussion } from '../comment/comments.ts'
import { LinkedComment } from '../comment/LinkedComment.tsx'
import { useDictionary } from '../language/language.ts'
import { PostCard } from '../post/PostCard.tsx'
import { changePost, findPostInLists, getPost, postKey } from '../post/posts.ts'
import { isFailure } from '../server/failure.ts'
import { BackButton } from '../ui/BackButton.tsx'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { NotFound } from '../ui/NotFound.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { useFreshOnVisit } from '../visit/useFreshOnVisit.ts'
import { documentTitleOf } from './documentTitle.ts'

const route = getRouteApi('/app/posts/$postId')

export function PostPage(): ReactNode {
  const postId = Number(route.useParams().postId)
  return Number.isSafeInteger(postId) && postId > 0 ? (
    <OpenPost key={postId} postId={postId} />
  ) : (
    <NotFound />
  )
}

function OpenPost({ postId }: { postId: number }) {
  const dictionary = useDictionary()
  const client = useQueryClient()
  const navigate = useNavigate()
  const { comment: linkedId } = route.useSearch()
  const isReady = useFreshOnVisit(() => {
    void client.invalidateQueries({ queryKey: postKey(postId) })
    removeDiscussion(client, postId)
  })
  const {
    data: post,
    error,
    isPending,
    refetch,
  } = useQuery<Post>({
    queryKey: postKey(postId),
    queryFn: async ({ signal }) => {
      const fresh = await getPost(postId, signal)
      changePost(client, postId, () => fresh)
      return fresh
    },
    placeholderData: () => findPostInLists(client, postId),
    // Each request counts a view, so one visit sends one.
    staleTime: Number.POSITIVE_INFINITY,
  })
  // The query is removed after the page is left: while it is open, the page would request the deleted post again.
  const leave = () =>
    void navigate({ to: '/me' }).then(() => client.removeQueries({ queryKey: postKey(postId) }))
  if (isPending) return <Skeleton rows={1} />
  if (post === undefined)
    return isFailure(error, 'POST_NOT_FOUND') || isFailure(error, 'POST_ALREADY_DELETED') ? (
      <NotFound />
    ) : (
      <ErrorCard error={error} onRetry={() => void refetch()} />
    )
  return (
    <>
      <PageHeading title={documentTitleOf(post) || dictionary.post.by(post.authorName)} hidden />
      <BackButton />
      <PostCard post={post} isDetail onDeleted={leave} />
      {isReady && linkedId !== undefined && <LinkedComment key={linkedId} commentId={linkedId} />}
      <Comments postId={postId} isReady={isReady} />
    </>
  )
}
