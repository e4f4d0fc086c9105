/** Ascending. A set of the same ids takes four times the memory, of which there is one for each reader. */
export type SortedIds = readonly number[]

export function hasId(ids: SortedIds, id: number): boolean {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ids[middle] as number) < id) low = middle + 1
    else high = middle
  }
  return ids[low] === id
}
