/** Waiting that can be cut short: by news, or by the end. */
export interface Pause {
  untilWoken(milliseconds: number): Promise<void>
  untilStopped(milliseconds: number): Promise<void>
  wake(): void
  /** Ends every wait, and every later one at once. */
  stop(): void
}

export function createPause(): Pause {
  const sleepers = new Map<() => void, { wakeable: boolean }>()
  let stopped = false

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
    untilWoken: (milliseconds) => wait(milliseconds, true),
    untilStopped: (milliseconds) => wait(milliseconds, false),
    wake() {
      for (const [done, { wakeable }] of sleepers) if (wakeable) done()
    },
    stop() {
      stopped = true
      for (const done of sleepers.keys()) done()
    },
  }
}
