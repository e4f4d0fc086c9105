import type { Post } from '@dailyfeed/contract/post'
import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { PostComposer } from '../post/PostComposer.tsx'
import { PostList } from '../post/PostList.tsx'
import { justSharedKey, postListKey } from '../post/posts.ts'
import { itemsOf, type Pages } from '../scroll/pages.ts'
import { refreshFromTop } from '../scroll/useScroll.ts'
import { PageHeading } from '../ui/PageHeading.tsx'
import { SegmentedControl } from '../ui/SegmentedControl.tsx'
import { Skeleton } from '../ui/Skeleton.tsx'
import { useFreshOnVisit } from '../visit/useFreshOnVisit.ts'
import { isBackNavigation } from '../visit/visit.ts'
import { FEEDS, type FeedName } from './feeds.ts'
import {
  type FeedFilter,
  filterParameters,
  lastFilters,
  NO_FILTER,
  SCOPES,
  WINDOWS,
} from './feedFilter.ts'

const keyOf = (feed: FeedName, { window, scope }: FeedFilter) =>
  postListKey(feed, FEEDS[feed].hasFilter ? `${window}/${scope}` : '')

export function FeedPage({ feed }: { feed: FeedName }): ReactNode {
  const { nav } = useDictionary()
  const client = useQueryClient()
  const [filter, setFilter] = useState(() =>
    isBackNavigation() ? (lastFilters.get(feed) ?? NO_FILTER) : NO_FILTER,
  )
  const isReady = useFreshOnVisit(() => {
    refreshFromTop(client, keyOf(feed, filter))
    client.removeQueries({ queryKey: justSharedKey(feed) })
  })
  return (
    <>
      <PageHeading title={nav[feed]}>
        {FEEDS[feed].hasFilter && (
          <FilterControls
            filter={filter}
            onSelect={(next) => {
              lastFilters.set(feed, next)
              setFilter(next)
            }}
          />
        )}
      </PageHeading>
      <PostComposer list={feed} />
      {isReady ? <FeedPosts feed={feed} filter={filter} /> : <Skeleton />}
    </>
  )
}

interface FilterControlsProps {
  filter: FeedFilter
  onSelect: (filter: FeedFilter) => void
}

function FilterControls({ filter, onSelect }: FilterControlsProps) {
  const { feed } = useDictionary()
  return (
    <>
      <SegmentedControl
        label={feed.scope}
        value={filter.scope}
        options={SCOPES.map((value) => ({ value, label: feed.scopes[value] }))}
        onSelect={(scope) => onSelect({ ...filter, scope })}
      />
      <SegmentedControl
        label={feed.window}
        value={filter.window}
        options={WINDOWS.map((value) => ({ value, label: feed.windows[value] }))}
        onSelect={(window) => onSelect({ ...filter, window })}
      />
    </>
  )
}

function FeedPosts({ feed, filter }: { feed: FeedName; filter: FeedFilter }) {
  const dictionary = useDictionary()
  const { path, hasFilter, emptyText } = FEEDS[feed]
  const key = keyOf(feed, filter)
  const { data: justShared } = useQuery<Pages<Post>>({
    queryKey: justSharedKey(feed),
    // Only createPost writes it.
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  })
  return (
    <PostList
      key={JSON.stringify(key)}
      listKey={key}
      path={path}
      parameters={hasFilter ? filterParameters(filter) : {}}
      pinned={itemsOf(justShared)}
      empty={
        <>
          <p>{emptyText(dictionary)}</p>
          {feed === 'followings' && (
            <Link to="/popular" className="button">
              {dictionary.feed.findPeople}
            </Link>
          )}
        </>
      }
    />
  )
}
