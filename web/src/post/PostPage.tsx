import type { Post } from '@dailyfeed/contract/post'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { Comments } from '../comment/Comments.tsx'
import { topLevelKey } from '../comment/comments.ts'
import { PointedComment } from '../comment/PointedComment.tsx'
import { useDictionary } from '../language/language.ts'
import { BackButton } from '../layout/BackButton.tsx'
import { NotFound } from '../layout/NotFoundPage.tsx'
import { PageHeading } from '../layout/PageHeading.tsx'
import { Problem } from '../layout/Problem.tsx'
import { Waiting } from '../layout/Waiting.tsx'
import { hasComeBack } from '../scroll/arrival.ts'
import { isFailure } from '../server/failure.ts'
import { PostCard } from './PostCard.tsx'
import { changePost, findShownPost, getPost, postKey } from './posts.ts'

const route = getRouteApi('/app/posts/$postId')
/** Of the document title, for a post without one. */
const TITLE_LENGTH = 40

export function PostPage(): ReactNode {
  const postId = Number(route.useParams().postId)
  // Another post is another page: nothing of the former one stays.
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
  const { comment: pointedId } = route.useSearch()
  useState(() => {
    if (hasComeBack()) return
    void client.invalidateQueries({ queryKey: postKey(postId) })
    client.removeQueries({ queryKey: topLevelKey(postId) })
    client.removeQueries({ queryKey: ['comments', 'replies'] })
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
    placeholderData: () => findShownPost(client, postId),
    // Each look is counted as a view: one visit asks once.
    staleTime: Number.POSITIVE_INFINITY,
  })
  // Only after the page is left: this page would ask for it again, and find nothing.
  const leave = () =>
    void navigate({ to: '/me' }).then(() => client.removeQueries({ queryKey: postKey(postId) }))
  if (isPending) return <Waiting rows={1} />
  if (post === undefined)
    return isFailure(error, 'POST_NOT_FOUND') || isFailure(error, 'POST_ALREADY_DELETED') ? (
      <NotFound />
    ) : (
      <Problem error={error} onRetry={() => void refetch()} />
    )
  return (
    <>
      <PageHeading title={titleOf(post) || dictionary.post.by(post.authorName)} hidden />
      <BackButton />
      <PostCard post={post} whole onDeleted={leave} />
      {pointedId !== undefined && <PointedComment key={pointedId} commentId={pointedId} />}
      <Comments postId={postId} />
    </>
  )
}

function titleOf({ title, content }: Post): string {
  const text = title === '' ? (content.trim().split('\n', 1)[0] ?? '') : title
  const points = Array.from(text)
  return points.length > TITLE_LENGTH
    ? `${points.slice(0, TITLE_LENGTH).join('').trimEnd()}…`
    : text
}
