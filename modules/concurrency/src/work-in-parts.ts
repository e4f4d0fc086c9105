interface Division<Item> {
  /** Whether less work may succeed where this error ended a batch. Every other error is thrown at once. */
  isDivisible: (error: unknown) => boolean
  /** Receives an item that failed alone; the following items go on. By default its error is thrown. */
  onFailedAlone?: (item: Item, error: unknown) => void
}

/** With more parts than two, one item that always fails is found after three failures among 500. */
const PARTS = 8

/**
 * Works on the items in their order: on all of them first, and on each of eight parts of a batch that failed for its
 * size. The same batch is therefore never tried twice.
 */
export async function workInParts<Item>(
  items: readonly Item[],
  work: (part: readonly Item[]) => Promise<void>,
  division: Division<Item>,
): Promise<void> {
  const [first] = items
  if (first === undefined) return
  try {
    await work(items)
  } catch (error) {
    if (!division.isDivisible(error)) throw error
    if (items.length === 1) {
      if (division.onFailedAlone === undefined) throw error
      division.onFailedAlone(first, error)
      return
    }
    const size = Math.ceil(items.length / PARTS)
    for (let from = 0; from < items.length; from += size)
      await workInParts(items.slice(from, from + size), work, division)
  }
}
