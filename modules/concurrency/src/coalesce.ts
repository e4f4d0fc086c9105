import { withoutDeadline } from './request-deadline.ts'
import { yieldToEventLoop } from './yield-to-event-loop.ts'

/**
 * Runs `work` once at a time. Callers that arrive during a run share the next run, never the current one: its snapshot
 * may be too old for them. Each run starts one turn of the event loop after its first caller, so that calls of the same
 * turn share it.
 */
export function coalesce<Value>(work: () => Promise<Value>): () => Promise<Value> {
  // Settles with the current run and holds no value, so that a result is not retained for longer than its callers.
  let current: Promise<void> | undefined
  let next: Promise<Value> | undefined

  async function startNext(): Promise<Value> {
    await current
    await yieldToEventLoop()
    next = undefined
    const run = work()
    current = run.then(
      () => {},
      () => {},
    )
    return run
  }

  return () => {
    next ??= withoutDeadline(startNext)
    return next
  }
}
