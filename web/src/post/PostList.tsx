import type { Post } from '@dailyfeed/contract/post'
import type { QueryKey } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { EndlessList } from '../scroll/EndlessList.tsx'
import { itemsOf } from '../scroll/pages.ts'
import { useScroll } from '../scroll/useScroll.ts'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { PostCard } from './PostCard.tsx'

/** Pixels of a card with three lines of text. */
const CARD_ESTIMATE = 196
const NO_POSTS: Post[] = []

interface PostListProps {
  listKey: QueryKey
  path: string
  parameters?: Record<string, string | undefined>
  /** Shown first, and not again further down. */
  pinned?: Post[]
  empty: ReactNode
}

export function PostList({
  listKey,
  path,
  parameters = {},
  pinned = NO_POSTS,
  empty,
}: PostListProps) {
  const { feed } = useDictionary()
  const query = useScroll<Post>({ key: listKey, path, parameters })
  if (query.isPending) return <Skeleton />
  if (query.data === undefined)
    return <ErrorCard error={query.error} onRetry={() => void query.refetch()} />
  const posts = itemsOf({ pages: [{ content: pinned }, ...query.data.pages] })
  if (posts.length === 0) return <div className="card empty">{empty}</div>
  return (
    <EndlessList
      id={JSON.stringify(listKey)}
      label={feed.label}
      items={posts}
      query={query}
      estimate={CARD_ESTIMATE}
      render={(post) => <PostCard post={post} />}
    />
  )
}
