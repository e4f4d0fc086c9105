import type { Page } from '@dailyfeed/contract/page'
import type { Post } from '@dailyfeed/contract/post'
import type { CommentHit } from '@dailyfeed/contract/comment'
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { commentSearchKey } from '../comment/comments.ts'
import { useCountFormat, useDictionary } from '../language/language.ts'
import { useIsWide } from '../layout/media.ts'
import { PageHeading } from '../layout/PageHeading.tsx'
import { Problem } from '../layout/Problem.tsx'
import { Waiting } from '../layout/Waiting.tsx'
import { PostCard } from '../post/PostCard.tsx'
import { postListKey } from '../post/posts.ts'
import { hasComeBack } from '../scroll/arrival.ts'
import { EndlessList } from '../scroll/EndlessList.tsx'
import { itemsOf, refreshFromTop, useScroll } from '../scroll/useScroll.ts'
import { CommentHitCard } from './CommentHitCard.tsx'
import { SearchBox } from './SearchBox.tsx'

const route = getRouteApi('/app/search')
const HIT_ESTIMATE = { posts: 196, comments: 150 } as const

export function SearchPage(): ReactNode {
  const { search } = useDictionary()
  const isWide = useIsWide()
  const { keyword = '', tab = 'posts' } = route.useSearch()
  return (
    <>
      <PageHeading
        key={keyword}
        title={keyword === '' ? search.heading : search.results(keyword)}
      />
      {!isWide && <SearchBox />}
      <p className="search-hint">{search.hint}</p>
      {keyword !== '' && (
        <>
          <nav aria-label={search.tabs} className="tabs">
            {(['posts', 'comments'] as const).map((each) => (
              <Link
                key={each}
                to="/search"
                search={{ keyword, tab: each }}
                replace
                aria-current={each === tab ? 'page' : undefined}
              >
                {search[each]}
              </Link>
            ))}
          </nav>
          {tab === 'posts' ? (
            <PostHits key={keyword} keyword={keyword} />
          ) : (
            <CommentHits key={keyword} keyword={keyword} />
          )}
        </>
      )}
    </>
  )
}

function PostHits({ keyword }: { keyword: string }) {
  return (
    <Hits<Post>
      keyword={keyword}
      kind="posts"
      listKey={postListKey('search', keyword)}
      render={(post) => <PostCard post={post} />}
    />
  )
}

function CommentHits({ keyword }: { keyword: string }) {
  return (
    <Hits<CommentHit>
      keyword={keyword}
      kind="comments"
      listKey={commentSearchKey(keyword)}
      render={(hit) => <CommentHitCard hit={hit} />}
    />
  )
}

interface HitsProps<T> {
  keyword: string
  kind: 'posts' | 'comments'
  listKey: readonly unknown[]
  render: (hit: T) => ReactNode
}

function Hits<T extends { id: number }>({ keyword, kind, listKey, render }: HitsProps<T>) {
  const { search } = useDictionary()
  const format = useCountFormat()
  const client = useQueryClient()
  useState(() => {
    if (!hasComeBack()) refreshFromTop(client, listKey)
  })
  const walk = useScroll<T, Page<T>>({
    key: listKey,
    path: `/api/search/${kind}`,
    parameters: { keyword },
  })
  if (walk.isPending) return <Waiting />
  if (walk.data === undefined)
    return <Problem error={walk.error} onRetry={() => void walk.refetch()} />
  const hits = itemsOf(walk.data)
  const total = walk.data.pages[0]?.totalElements ?? hits.length
  return (
    <>
      <p role="status" className="search-total">
        {total === 0 ? search.empty(keyword) : search.total(format(total))}
      </p>
      {hits.length > 0 && (
        <EndlessList
          name={JSON.stringify(listKey)}
          label={search[kind]}
          items={hits}
          walk={walk}
          estimate={HIT_ESTIMATE[kind]}
          render={render}
        />
      )}
    </>
  )
}
