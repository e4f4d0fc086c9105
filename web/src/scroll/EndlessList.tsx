import {
  defaultRangeExtractor,
  observeWindowOffset,
  useWindowVirtualizer,
  type VirtualItem,
} from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useDictionary } from '../language/language.ts'
import { isPassing, sentenceOf } from '../server/failure.ts'

/** The next page is asked for when this few items are left below. */
const AHEAD = 6

interface Walk {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  isFetchNextPageError: boolean
  error: unknown
  fetchNextPage: () => unknown
  refetch: () => unknown
}

interface EndlessListProps<T> {
  /** Names the list among all lists, for the way back. */
  name: string
  label: string
  items: T[]
  walk: Walk
  /** Pixels, a guess that measuring corrects. */
  estimate: number
  render: (item: T) => ReactNode
  /** Articles make a feed; anything else is a list. */
  role?: 'feed' | 'list'
  end?: ReactNode
}

/** Sizes of the lists that were left, so that the way back finds the same heights and so the same place. */
const leftSizes = new Map<string, VirtualItem[]>()

/**
 * On the way back the window may be put in its place after a list has rendered and before it listens: then it would show
 * its beginning until somebody scrolls. The next frame tells where the window is.
 */
const observeFromNow: typeof observeWindowOffset = (virtualizer, tell) => {
  const stop = observeWindowOffset(virtualizer, tell)
  const frame = requestAnimationFrame(() => tell(window.scrollY, false))
  return () => {
    cancelAnimationFrame(frame)
    stop?.()
  }
}

/** Only what is near the window is on the page, however long the list. */
export function EndlessList<T extends { id: number }>({
  name,
  label,
  items,
  walk,
  estimate,
  render,
  role = 'feed',
  end,
}: EndlessListProps<T>) {
  const dictionary = useDictionary()
  const { state, act } = dictionary
  const list = useRef<HTMLDivElement>(null)
  const focused = useRef<number | undefined>(undefined)
  const [top, setTop] = useState(0)
  const [initialSizes] = useState(() => leftSizes.get(name) ?? [])
  useLayoutEffect(
    () => setTop(Math.round((list.current?.getBoundingClientRect().top ?? 0) + window.scrollY)),
    [],
  )

  const virtualizer = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => estimate,
    getItemKey: (index) => items[index]?.id ?? index,
    scrollMargin: top,
    overscan: 5,
    observeElementOffset: observeFromNow,
    initialMeasurementsCache: initialSizes,
    // What has focus stays: scrolling must not throw away a half-written reply or a keyboard's place.
    rangeExtractor: (range) => {
      const indexes = defaultRangeExtractor(range)
      const kept = focused.current
      return kept === undefined || kept >= items.length || indexes.includes(kept)
        ? indexes
        : [...indexes, kept].sort((a, b) => a - b)
    },
  })
  useEffect(
    () => () => void leftSizes.set(name, virtualizer.measurementsCache),
    [name, virtualizer],
  )

  const rows = virtualizer.getVirtualItems()
  const last = rows.at(-1)?.index ?? 0
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = walk
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError && last >= items.length - AHEAD)
      void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage, last, items.length])

  return (
    <>
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: both of its roles take a name */}
      <div
        ref={list}
        role={role}
        aria-label={label}
        aria-busy={isFetchingNextPage}
        className="endless"
        style={{ height: virtualizer.getTotalSize() }}
      >
        {rows.map((row) => {
          const item = items[row.index]
          return (
            item !== undefined && (
              // biome-ignore lint/a11y/noStaticElementInteractions: it only notes which row has focus inside
              <div
                key={row.key}
                ref={virtualizer.measureElement}
                data-index={row.index}
                role={role === 'list' ? 'listitem' : undefined}
                className="endless-row"
                style={{ transform: `translateY(${row.start - top}px)` }}
                onFocus={() => {
                  focused.current = row.index
                }}
                onBlur={() => {
                  focused.current = undefined
                }}
              >
                {render(item)}
              </div>
            )
          )
        })}
      </div>
      {isFetchNextPageError ? (
        <div className="endless-foot" role="alert">
          <p>
            {state.moreFailed} {sentenceOf(walk.error, dictionary)}
          </p>
          {/* A place that is refused stays refused, as when its ranking is no longer kept: then the walk begins anew. */}
          <button
            type="button"
            className="button"
            onClick={() => void (isPassing(walk.error) ? fetchNextPage() : walk.refetch())}
          >
            {act.tryAgain}
          </button>
        </div>
      ) : hasNextPage ? (
        <p className="endless-foot late">{state.loading}</p>
      ) : (
        <p className="endless-foot">{end ?? state.end}</p>
      )}
    </>
  )
}
