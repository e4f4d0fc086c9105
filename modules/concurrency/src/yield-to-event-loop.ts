import { setImmediate } from 'node:timers/promises'

/** Lets timers and requests that wait run before the caller continues. For loops that would block the process. */
export const yieldToEventLoop = (): Promise<void> => setImmediate()
