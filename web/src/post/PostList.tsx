import type { Post } from '@dailyfeed/contract/post'
import type { QueryKey } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useDictionary } from '../language/language.ts'
import { Problem } from '../layout/Problem.tsx'
import { Waiting } from '../layout/Waiting.tsx'
import { EndlessList } from '../scroll/EndlessList.tsx'
import { itemsOf, useScroll } from '../scroll/useScroll.ts'
import { PostCard } from './PostCard.tsx'

/** Pixels of a card with three lines of text. */
const CARD_ESTIMATE = 196
const NOTHING_BEFORE: Post[] = []

interface PostListProps {
  listKey: QueryKey
  path: string
  parameters?: Record<string, string | undefined>
  /** Shown on top, and not again further down. */
  before?: Post[]
  empty: ReactNode
}

export function PostList({
  listKey,
  path,
  parameters,
  before = NOTHING_BEFORE,
  empty,
}: PostListProps) {
  const { feed } = useDictionary()
  const walk = useScroll<Post>({
    key: listKey,
    path,
    ...(parameters !== undefined && { parameters }),
  })
  if (walk.isPending) return <Waiting />
  if (walk.data === undefined)
    return <Problem error={walk.error} onRetry={() => void walk.refetch()} />
  const posts = itemsOf({ pages: [{ content: before }, ...walk.data.pages] })
  if (posts.length === 0) return <div className="card empty">{empty}</div>
  return (
    <EndlessList
      name={JSON.stringify(listKey)}
      label={feed.label}
      items={posts}
      walk={walk}
      estimate={CARD_ESTIMATE}
      render={(post) => <PostCard post={post} />}
    />
  )
}
