/** Waiting that can be cut short: by news, or by the end. */
export interface Pause {
  /** Not at all where somebody called since `calls` was read. */
  untilWoken(milliseconds: number, calls: number): Promise<void>
  untilStopped(milliseconds: number): Promise<void>
  wake(): void
  /** How often it was woken: read before one looks whether there is something to do. */
  calls(): number
  /** Ends every wait, and every later one at once. */
  stop(): void
}

export function createPause(): Pause {
  const sleepers = new Map<() => void, { wakeable: boolean }>()
  let stopped = false
  let calls = 0

  const wait = (milliseconds: number, wakeable: boolean) =>
    new Promise<void>((resolve) => {
      if (stopped) return resolve()
      const done = () => {
        clearTimeout(timer)
        sleepers.delete(done)
        resolve()
      }
      const timer = setTimeout(done, milliseconds)
      sleepers.set(done, { wakeable })
    })

  return {
    untilWoken: (milliseconds, seen) =>
      seen === calls ? wait(milliseconds, true) : Promise.resolve(),
    untilStopped: (milliseconds) => wait(milliseconds, false),
    calls: () => calls,
    wake() {
      calls += 1
      for (const [done, { wakeable }] of sleepers) if (wakeable) done()
    },
    stop() {
      stopped = true
      for (const done of sleepers.keys()) done()
    },
  }
}
