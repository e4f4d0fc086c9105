import type { Cursors } from '@dailyfeed/pagination-support/cursor'
import { TwoGenerations } from './two-generations.ts'

export interface RememberedCursors {
  encode(scope: string, lastId: number): string
}

/** A page that is read again ends where it ended: its cursor's MAC costs as much as the rest of a read from memory. */
export function rememberCursors(cursors: Cursors): RememberedCursors {
  const known = new TwoGenerations<string, string>(10_000)
  return {
    encode(scope, lastId) {
      const key = `${scope} ${lastId}`
      const remembered = known.get(key)
      if (remembered !== undefined) return remembered
      const cursor = cursors.encode(scope, [lastId])
      known.set(key, cursor)
      return cursor
    },
  }
}
