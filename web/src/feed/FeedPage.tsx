import type { Post } from '@dailyfeed/contract/post'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { Choice } from '../layout/Choice.tsx'
import { PageHeading } from '../layout/PageHeading.tsx'
import { PostComposer } from '../post/PostComposer.tsx'
import { PostList } from '../post/PostList.tsx'
import { justSharedKey, postListKey } from '../post/posts.ts'
import { hasComeBack } from '../scroll/arrival.ts'
import { itemsOf, type Pages, refreshFromTop } from '../scroll/useScroll.ts'
import { FEEDS, type FeedName } from './feeds.ts'

const WINDOWS = ['1h', '1d', '7d', 'all'] as const
const SCOPES = ['all', 'followings'] as const

interface Shown {
  window: (typeof WINDOWS)[number]
  scope: (typeof SCOPES)[number]
}
const EVERYTHING: Shown = { window: 'all', scope: 'all' }

/** What of a ranking was left shown, for the way back. */
const left = new Map<FeedName, Shown>()

export function FeedPage({ feed }: { feed: FeedName }): ReactNode {
  const dictionary = useDictionary()
  const client = useQueryClient()
  const { path, hasWindow, empty } = FEEDS[feed]
  const [shown, setShown] = useState<Shown>(() =>
    hasComeBack() ? (left.get(feed) ?? EVERYTHING) : EVERYTHING,
  )
  const { window, scope } = shown
  const key = postListKey(feed, hasWindow ? `${window}/${scope}` : '')
  const show = (next: Partial<Shown>) => {
    left.set(feed, { ...shown, ...next })
    setShown({ ...shown, ...next })
  }
  useState(() => {
    if (hasComeBack()) return
    // Coming by a link starts anew; before the first render, so that old positions are never shown.
    refreshFromTop(client, key)
    client.removeQueries({ queryKey: justSharedKey(feed) })
  })
  const { data: justShared } = useQuery<Pages<Post>>({
    queryKey: justSharedKey(feed),
    enabled: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  })

  return (
    <>
      <PageHeading title={dictionary.nav[feed]}>
        {hasWindow && (
          <>
            <Choice
              label={dictionary.feed.scope}
              value={scope}
              options={SCOPES.map((value) => ({ value, label: dictionary.feed.scopes[value] }))}
              onChoose={(next) => show({ scope: next })}
            />
            <Choice
              label={dictionary.feed.window}
              value={window}
              options={WINDOWS.map((value) => ({ value, label: dictionary.feed.windows[value] }))}
              onChoose={(next) => show({ window: next })}
            />
          </>
        )}
      </PageHeading>
      <PostComposer list={feed} />
      <PostList
        key={`${window}/${scope}`}
        listKey={key}
        path={path}
        parameters={
          hasWindow
            ? {
                window: window === 'all' ? undefined : window,
                scope: scope === 'all' ? undefined : scope,
              }
            : {}
        }
        before={itemsOf(justShared)}
        empty={
          <>
            <p>{empty(dictionary)}</p>
            {feed === 'followings' && (
              <Link to="/popular" className="button">
                {dictionary.feed.findPeople}
              </Link>
            )}
          </>
        }
      />
    </>
  )
}
