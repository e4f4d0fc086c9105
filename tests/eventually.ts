import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'

interface EventuallyOptions {
  /** Generous, since it only ends a hopeless wait, and machines differ in speed by a factor of 3. */
  timeoutMs?: number
  intervalMs?: number
}

/**
 * Reads a value again and again until it satisfies `holds` (until it is truthy, where no condition
 * is given), and returns it:
 *
 *     await eventually('the view is counted', readCount, (count) => count === 2)
 *     const page = await eventually('the post is found', async () => (await search()).body.data)
 *
 * After the time limit it throws an error that says what was awaited and the last value read. An
 * error of `read` ends the wait at once.
 */
export async function eventually<Value>(
  awaited: string,
  read: () => Value | Promise<Value>,
  holds?: (value: Value) => boolean,
  options?: EventuallyOptions,
): Promise<Exclude<Value, undefined | null | false>>
export async function eventually<Value>(
  awaited: string,
  read: () => Value | Promise<Value>,
  holds: (value: Value) => boolean = Boolean,
  { timeoutMs = 60_000, intervalMs = 50 }: EventuallyOptions = {},
): Promise<Value> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const value = await read()
    if (holds(value)) return value
    if (performance.now() > end)
      throw new Error(
        `gave up after ${timeoutMs} ms waiting until ${awaited}; last value: ${inspect(value)}`,
      )
    await sleep(intervalMs)
  }
}
