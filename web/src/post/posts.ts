import type { Post, PostDraft } from '@dailyfeed/contract/post'
import type { QueryClient } from '@tanstack/react-query'
import { changeInPages, itemsOf, onePageOf, type Pages } from '../scroll/pages.ts'
import { ignoreFailure } from '../server/failure.ts'
import { optimisticToggle } from '../server/optimisticToggle.ts'
import { call } from '../session/call.ts'

/** The first part of every key of posts, so that a change reaches all places that show the post. */
const POSTS = 'posts'
export const postKey = (postId: number) => [POSTS, 'one', postId] as const
export const postListKey = (list: string, variant: string | number = '') =>
  [POSTS, 'list', list, variant] as const
/** Posts written on a feed page since it was entered: the feed may not contain them, or not yet. */
export const justSharedKey = (list: string) => [POSTS, 'just-shared', list] as const

const LISTS = {
  queryKey: [POSTS],
  predicate: ({ queryKey }: { queryKey: readonly unknown[] }) => queryKey[1] !== 'one',
}

/** Counts a view. */
export const getPost = (postId: number, signal: AbortSignal): Promise<Post> =>
  call<Post>('GET', `/api/timeline/posts/${postId}`, { signal })

export async function createPost(
  client: QueryClient,
  list: string,
  draft: PostDraft,
  idempotencyKey: string,
): Promise<Post> {
  const post = await call<Post>('POST', '/api/posts', { body: draft, idempotencyKey })
  client.setQueryData<Post>(postKey(post.id), post)
  client.setQueryData<Pages<Post>>(justSharedKey(list), (data) =>
    onePageOf([post, ...itemsOf(data)]),
  )
  // These lists start with the newest post, so their next visit must reload them.
  for (const queryKey of [postListKey('mine'), postListKey('author', post.authorId)])
    void client.invalidateQueries({ queryKey, refetchType: 'none' })
  return post
}

export async function updatePost(
  client: QueryClient,
  postId: number,
  draft: PostDraft,
): Promise<Post> {
  const updated = await call<Post>('PUT', `/api/posts/${postId}`, { body: draft })
  changePost(client, postId, () => updated)
  return updated
}

export async function deletePost(client: QueryClient, postId: number): Promise<void> {
  await ignoreFailure('POST_ALREADY_DELETED', () => call<true>('DELETE', `/api/posts/${postId}`))
  changePost(client, postId, () => undefined)
  client.removeQueries({ queryKey: postKey(postId), type: 'inactive' })
}

export function likePost(
  client: QueryClient,
  { id, liked }: Post,
  onFailure: (error: unknown, on: boolean) => void,
): Promise<void> {
  return optimisticToggle({
    key: `post-like/${id}`,
    desired: !liked,
    send: (on) => sendLike(id, on),
    show: (on) =>
      changePost(client, id, (post) =>
        post.liked === on
          ? post
          : { ...post, liked: on, likeCount: Math.max(post.likeCount + (on ? 1 : -1), 0) },
      ),
    onFailure,
  })
}

const sendLike = (postId: number, on: boolean): Promise<void> =>
  ignoreFailure(on ? 'POST_LIKE_ALREADY_EXISTS' : 'POST_LIKE_CANCEL_ALREADY_COMMITTED', () =>
    call<true>(on ? 'POST' : 'DELETE', `/api/posts/${postId}/like`),
  )

/** Changes a post wherever it is shown; `change` returns undefined to remove it from all lists. */
export function changePost(
  client: QueryClient,
  postId: number,
  change: (post: Post) => Post | undefined,
): void {
  client.setQueriesData<Pages<Post>>(LISTS, (data) => changeInPages(data, postId, change))
  client.setQueryData<Post>(postKey(postId), (post) => post && change(post))
}

/** A post from any cached list, to show while the post itself loads. */
export function findPostInLists(client: QueryClient, postId: number): Post | undefined {
  for (const [, data] of client.getQueriesData<Pages<Post>>(LISTS)) {
    const found = itemsOf(data).find(({ id }) => id === postId)
    if (found !== undefined) return found
  }
  return undefined
}

/** Reloads the counts of a post without counting a view: only the server knows how many replies a deletion removed. */
export async function reloadCounts(client: QueryClient, postId: number): Promise<void> {
  const { commentCount, likeCount } = await call<{ commentCount: number; likeCount: number }>(
    'GET',
    `/api/timeline/statistics/posts/${postId}`,
  )
  changePost(client, postId, (post) => ({ ...post, commentCount, likeCount }))
}
