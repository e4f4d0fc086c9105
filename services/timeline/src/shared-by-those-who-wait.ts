/**
 * Runs one at a time. Who asks while one runs gets the next, not the running one: what they have seen committed may be
 * too young for that.
 */
export function sharedByThoseWhoWait<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  let next: Promise<T> | undefined

  function run(): Promise<T> {
    const started = work().finally(() => {
      if (running === started) running = undefined
    })
    running = started
    return started
  }

  return () => {
    if (next !== undefined) return next
    if (running === undefined) return run()
    const ended = running.then(
      () => {},
      () => {},
    )
    next = ended.then(() => {
      next = undefined
      return run()
    })
    return next
  }
}
