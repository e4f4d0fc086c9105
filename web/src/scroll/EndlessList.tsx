import {
  defaultRangeExtractor,
  observeWindowOffset,
  type Range,
  useWindowVirtualizer,
  type VirtualItem,
} from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { ListFooter, type ScrollQuery } from './ListFooter.tsx'

/** The next page is requested when so few items are left below the rendered ones. */
const PREFETCH_DISTANCE = 6

interface EndlessListProps<T> {
  /** Unique among all lists; the row heights are kept under it for the back button. */
  id: string
  label: string
  items: T[]
  query: ScrollQuery
  /** Pixels of a row that has not been measured yet. */
  estimate: number
  render: (item: T) => ReactNode
  /** `feed` for articles. */
  role?: 'feed' | 'list'
  end?: ReactNode
}

/** Row heights of the lists that were left, so that the back button finds the same heights and scroll position. */
const measurementsByList = new Map<string, VirtualItem[]>()

/**
 * After back, the router may restore the scroll position when the list has rendered but does not observe the window yet.
 * The list would then show its beginning until somebody scrolls, so the next frame reports the position once more.
 */
const observeOffsetOnce: typeof observeWindowOffset = (virtualizer, onOffset) => {
  const stop = observeWindowOffset(virtualizer, onOffset)
  const frame = requestAnimationFrame(() => onOffset(window.scrollY, false))
  return () => {
    cancelAnimationFrame(frame)
    stop?.()
  }
}

/** Keeps the focused row: scrolling must not remove a half-written reply or lose the keyboard's position. */
function rangeWithFocus(range: Range, focused: number | undefined): number[] {
  const indexes = defaultRangeExtractor(range)
  return focused === undefined || focused >= range.count || indexes.includes(focused)
    ? indexes
    : [...indexes, focused].sort((a, b) => a - b)
}

/** A virtual list: only the rows near the window are on the page, however long the list is. */
export function EndlessList<T extends { id: number }>({
  id,
  label,
  items,
  query,
  estimate,
  render,
  role = 'feed',
  end,
}: EndlessListProps<T>) {
  const list = useRef<HTMLDivElement>(null)
  const focused = useRef<number | undefined>(undefined)
  const [top, setTop] = useState(0)
  const [initialMeasurements] = useState(() => measurementsByList.get(id) ?? [])
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
    observeElementOffset: observeOffsetOnce,
    initialMeasurementsCache: initialMeasurements,
    rangeExtractor: (range) => rangeWithFocus(range, focused.current),
  })
  useEffect(
    () => () => void measurementsByList.set(id, virtualizer.measurementsCache),
    [id, virtualizer],
  )

  const rows = virtualizer.getVirtualItems()
  useNextPage(query, items.length - (rows.at(-1)?.index ?? 0))

  return (
    <>
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: both of its roles take a name */}
      <div
        ref={list}
        role={role}
        aria-label={label}
        aria-busy={query.isFetchingNextPage}
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
      <ListFooter query={query} end={end} />
    </>
  )
}

/** `distance`: items from the last rendered one to the end of what is loaded. */
function useNextPage(query: ScrollQuery, distance: number): void {
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query
  const isDue =
    hasNextPage && !isFetchingNextPage && !isFetchNextPageError && distance <= PREFETCH_DISTANCE
  // biome-ignore lint/correctness/useExhaustiveDependencies: again when more items are loaded
  useEffect(() => {
    if (isDue) void fetchNextPage()
  }, [isDue, fetchNextPage, distance])
}
