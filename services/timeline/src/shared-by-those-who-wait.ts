import { setImmediate as turnOfTheLoop } from 'node:timers/promises'

/**
 * Runs one at a time. Who asks while one runs gets the next, not the running one: what they have seen committed may be
 * too young for that. Each begins when the event loop has turned: what has arrived with the first to ask shares it.
 */
export function sharedByThoseWhoWait<T>(work: () => Promise<T>): () => Promise<T> {
  /** Without its outcome, which is not kept for longer than those who asked need it. */
  let running: Promise<void> | undefined
  let next: Promise<T> | undefined

  async function runNext(): Promise<T> {
    await running
    await turnOfTheLoop()
    next = undefined
    const started = work()
    running = started.then(
      () => {},
      () => {},
    )
    return started
  }

  return () => {
    next ??= runNext()
    return next
  }
}
