import type { Cursors, Position } from '@dailyfeed/pagination-support/cursor'
import { TwoGenerations } from './two-generations.ts'

export interface RememberedCursors {
  encode(scope: string, position: Position): string
}

/** A page that is read again ends where it ended: its cursor's MAC costs as much as the rest of a read from memory. */
export function rememberCursors(cursors: Cursors): RememberedCursors {
  const known = new TwoGenerations<string, string>(10_000)
  return {
    encode(scope, position) {
      const key = `${scope} ${position.join()}`
      const remembered = known.get(key)
      if (remembered !== undefined) return remembered
      const cursor = cursors.encode(scope, position)
      known.set(key, cursor)
      return cursor
    },
  }
}
