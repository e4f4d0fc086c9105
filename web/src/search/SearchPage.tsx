import type { CommentHit } from '@dailyfeed/contract/comment'
import type { Page } from '@dailyfeed/contract/page'
import type { Post } from '@dailyfeed/contract/post'
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { commentSearchKey } from '../comment/comments.ts'
import { useCountFormat, useDictionary } from '../language/language.ts'
import { PostCard } from '../post/PostCard.tsx'
import { postListKey } from '../post/posts.ts'
import { EndlessList } from '../scroll/EndlessList.tsx'
import { itemsOf } from '../scroll/pages.ts'
import { refreshFromTop, useScroll } from '../scroll/useScroll.ts'
import { ErrorCard } from '../ui/ErrorCard.tsx'
import { PageHeading } from '../ui/PageHeading.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { useIsWide } from '../ui/useIsWide.ts'
import { useFreshOnVisit } from '../visit/useFreshOnVisit.ts'
import { CommentHitCard } from './CommentHitCard.tsx'
import { SearchBox } from './SearchBox.tsx'

const route = getRouteApi('/app/search')
const TABS = ['posts', 'comments'] as const
const HIT_ESTIMATE = { posts: 196, comments: 150 } as const

export function SearchPage(): ReactNode {
  const { search } = useDictionary()
  const isWide = useIsWide()
  const { keyword = '', tab = 'posts' } = route.useSearch()
  const title = keyword === '' ? search.heading : search.results(keyword)
  return (
    <>
      <PageHeading key={keyword} title={title} />
      {!isWide && <SearchBox />}
      <p className="search-hint">{search.hint}</p>
      {keyword !== '' && (
        <>
          <nav aria-label={search.tabs} className="tabs">
            {TABS.map((each) => (
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

const PostHits = ({ keyword }: { keyword: string }) => (
  <Hits<Post>
    keyword={keyword}
    kind="posts"
    listKey={postListKey('search', keyword)}
    render={(post) => <PostCard post={post} />}
  />
)

const CommentHits = ({ keyword }: { keyword: string }) => (
  <Hits<CommentHit>
    keyword={keyword}
    kind="comments"
    listKey={commentSearchKey(keyword)}
    render={(hit) => <CommentHitCard hit={hit} />}
  />
)

interface HitsProps<T> {
  keyword: string
  kind: (typeof TABS)[number]
  listKey: readonly unknown[]
  render: (hit: T) => ReactNode
}

function Hits<T extends { id: number }>({ keyword, kind, listKey, render }: HitsProps<T>) {
  const { search } = useDictionary()
  const format = useCountFormat()
  const client = useQueryClient()
  const isReady = useFreshOnVisit(() => refreshFromTop(client, listKey))
  const query = useScroll<T, Page<T>>({
    key: listKey,
    path: `/api/search/${kind}`,
    parameters: { keyword },
  })
  if (!isReady || query.isPending) return <Skeleton />
  if (query.data === undefined)
    return <ErrorCard error={query.error} onRetry={() => void query.refetch()} />
  const hits = itemsOf(query.data)
  const total = query.data.pages[0]?.totalElements ?? hits.length
  return (
    <>
      <p role="status" className="search-total">
        {total === 0 ? search.empty(keyword) : search.total(format(total))}
      </p>
      {hits.length > 0 && (
        <EndlessList
          id={JSON.stringify(listKey)}
          label={search[kind]}
          items={hits}
          query={query}
          estimate={HIT_ESTIMATE[kind]}
          render={render}
        />
      )}
    </>
  )
}
