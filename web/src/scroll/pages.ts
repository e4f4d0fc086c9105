import type { Scroll } from '@dailyfeed/contract/page'
import type { InfiniteData } from '@tanstack/react-query'

/** The loaded pages of a list, as the query library caches them. */
export type Pages<T> = InfiniteData<Scroll<T>, string>

/** All items in order, each once: an item that the member has just added may come again with a later page. */
export function itemsOf<T extends { id: number }>(
  data: { pages: { content: T[] }[] } | undefined,
): T[] {
  const byId = new Map<number, T>()
  for (const page of data?.pages ?? [])
    for (const item of page.content) if (!byId.has(item.id)) byId.set(item.id, item)
  return [...byId.values()]
}

export const onePageOf = <T>(content: T[]): Pages<T> => ({
  pages: [{ content, page: null, size: content.length, hasNext: false, nextCursor: null }],
  pageParams: [''],
})

export const firstPageOf = <T>({ pages, pageParams }: Pages<T>): Pages<T> => ({
  pages: pages.slice(0, 1),
  pageParams: pageParams.slice(0, 1),
})

/** Replaces an item wherever it stands; `change` returns undefined to remove it. */
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

/** Appends an item, even when the list's end is not loaded yet: its author sees it at once. */
export function appendToPages<T>(data: Pages<T> | undefined, item: T): Pages<T> | undefined {
  const last = data?.pages.at(-1)
  if (data === undefined || last === undefined) return data
  const pages = [...data.pages.slice(0, -1), { ...last, content: [...last.content, item] }]
  return { ...data, pages }
}

/** Puts an item first, and removes an earlier version of it. */
export function prependToPages<T extends { id: number }>(
  data: Pages<T> | undefined,
  item: T,
): Pages<T> | undefined {
  const [first, ...rest] = data?.pages ?? []
  if (data === undefined || first === undefined) return data
  const withoutItem = (page: Scroll<T>) => ({
    ...page,
    content: page.content.filter(({ id }) => id !== item.id),
  })
  const top = withoutItem(first)
  return {
    ...data,
    pages: [{ ...top, content: [item, ...top.content] }, ...rest.map(withoutItem)],
  }
}
