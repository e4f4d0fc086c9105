import type { Post, PostDraft } from '@dailyfeed/contract/post'
import type { QueryClient } from '@tanstack/react-query'
import { itemsOf, type Pages } from '../scroll/useScroll.ts'
import { call } from '../server/call.ts'
import { isFailure } from '../server/failure.ts'
import { settle } from '../settle/settle.ts'

/** All lists of posts and single posts are cached under this, so that a change reaches every place where a post is shown. */
const POSTS = 'posts'
export const postKey = (postId: number) => [POSTS, 'one', postId] as const
export const postListKey = (list: string, of: string | number = '') =>
  [POSTS, 'list', list, of] as const
/** What was written on this page since it was entered; feeds may not carry it, or not yet. */
export const justSharedKey = (list: string) => [POSTS, 'just-shared', list] as const

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
  // These lists start with the newest, so the next visit must ask again.
  void client.invalidateQueries({ queryKey: postListKey('mine'), refetchType: 'none' })
  void client.invalidateQueries({
    queryKey: [POSTS, 'list', 'author', post.authorId],
    refetchType: 'none',
  })
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
  try {
    await call<true>('DELETE', `/api/posts/${postId}`)
  } catch (error) {
    // Deleted from another tab: what was wanted is so.
    if (!isFailure(error, 'POST_ALREADY_DELETED')) throw error
  }
  changePost(client, postId, () => undefined)
  client.removeQueries({ queryKey: postKey(postId), type: 'inactive' })
}

export function likePost(
  client: QueryClient,
  { id, liked }: Post,
  onFailure: (error: unknown, on: boolean) => void,
): Promise<void> {
  return settle({
    key: `post-like/${id}`,
    wanted: !liked,
    send: async (on) => {
      try {
        await call<true>(on ? 'POST' : 'DELETE', `/api/posts/${id}/like`)
      } catch (error) {
        if (
          !isFailure(error, on ? 'POST_LIKE_ALREADY_EXISTS' : 'POST_LIKE_CANCEL_ALREADY_COMMITTED')
        )
          throw error
      }
    },
    show: (on) =>
      changePost(client, id, (post) =>
        post.liked === on
          ? post
          : { ...post, liked: on, likeCount: Math.max(post.likeCount + (on ? 1 : -1), 0) },
      ),
    onFailure,
  })
}

/** Changes a post wherever it is shown; `undefined` takes it out of all lists. */
export function changePost(
  client: QueryClient,
  postId: number,
  change: (post: Post) => Post | undefined,
): void {
  client.setQueriesData<Pages<Post>>(
    { queryKey: [POSTS], predicate: ({ queryKey }) => queryKey[1] !== 'one' },
    (data) => changeInPages(data, postId, change),
  )
  client.setQueryData<Post>(postKey(postId), (post) => post && change(post))
}

/** As a list showed it, to look at while the post itself is on its way. */
export function findShownPost(client: QueryClient, postId: number): Post | undefined {
  for (const [, data] of client.getQueriesData<Pages<Post>>({
    queryKey: [POSTS],
    predicate: ({ queryKey }) => queryKey[1] !== 'one',
  })) {
    const found = itemsOf(data).find(({ id }) => id === postId)
    if (found !== undefined) return found
  }
  return undefined
}

/** After a deletion, since only the server knows how many replies went with a comment. Counts no view. */
export async function recountPost(client: QueryClient, postId: number): Promise<void> {
  const { commentCount, likeCount } = await call<{ commentCount: number; likeCount: number }>(
    'GET',
    `/api/timeline/statistics/posts/${postId}`,
  )
  changePost(client, postId, (post) => ({ ...post, commentCount, likeCount }))
}

export function changeInPages<T extends { id: number }>(
  data: Pages<T> | undefined,
  id: number,
  change: (item: T) => T | undefined,
): Pages<T> | undefined {
  if (!data?.pages.some(({ content }) => content.some((item) => item.id === id))) return data
  const pages = data.pages.map((page) => ({
    ...page,
    content: page.content.flatMap((item) => (item.id === id ? (change(item) ?? []) : item)),
  }))
  return { ...data, pages }
}

export const onePageOf = <T>(content: T[]): Pages<T> => ({
  pages: [{ content, page: null, size: content.length, hasNext: false, nextCursor: null }],
  pageParams: [''],
})
