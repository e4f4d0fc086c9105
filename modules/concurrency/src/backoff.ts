interface BackoffOptions {
  /** Milliseconds before the first retry. */
  first: number
  /** Milliseconds that no delay exceeds. */
  max: number
}

/**
 * The delay before a retry, in milliseconds: it doubles with each failure (counted from 1) up to `max`, with a jitter of
 * 50 to 100 %, so that instances that failed together do not retry together.
 */
export const backoff = (failures: number, { first, max }: BackoffOptions): number =>
  Math.min(max, first * 2 ** (failures - 1)) * (0.5 + Math.random() / 2)
