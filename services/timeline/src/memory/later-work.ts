import { setTimeout as sleep } from 'node:timers/promises'

/** Work that nobody waits for. */
export interface LaterWork {
  /** Done when it is its turn, or not at all: where too much waits already, and where it fails. */
  add(work: () => Promise<void>): void
}

/** One at a time with a pause after each, in milliseconds: those whom somebody waits for go first. `most`: that wait. */
export function createLaterWork(most: number, pause: number): LaterWork {
  let waiting = 0
  let last = Promise.resolve()
  return {
    add(work) {
      if (waiting >= most) return
      waiting += 1
      last = last
        .then(work)
        .catch(() => {})
        .finally(() => {
          waiting -= 1
        })
        .then(() => sleep(pause, undefined, { ref: false }))
    },
  }
}
