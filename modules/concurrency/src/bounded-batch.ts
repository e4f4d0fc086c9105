/** The bounds of one batch. An item above the bytes is a batch of its own. */
export interface BatchBounds {
  items: number
  bytes: number
}

/** The items from `from` on that fit into one batch: at least one, in their order. */
export function batchFrom<Item>(
  items: readonly Item[],
  from: number,
  sizeOf: (item: Item) => number,
  bounds: BatchBounds,
): Item[] {
  const last = Math.min(items.length, from + bounds.items)
  let bytes = 0
  for (let index = from; index < last; index += 1) {
    bytes += sizeOf(items[index] as Item)
    if (bytes > bounds.bytes && index > from) return items.slice(from, index)
  }
  return items.slice(from, last)
}

/** Splits items into batches within the bounds, in their order. */
export function* batchesOf<Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  bounds: BatchBounds,
): Generator<Item[]> {
  for (let from = 0; from < items.length; ) {
    const batch = batchFrom(items, from, sizeOf, bounds)
    yield batch
    from += batch.length
  }
}
