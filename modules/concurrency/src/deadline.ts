/**
 * The outcome of `work`, or the error of `onLate` after `milliseconds`. A deadline does not cancel the work: it must do
 * no harm when it completes later, or when the caller starts it again.
 */
export async function withDeadline<Value>(
  work: Promise<Value>,
  milliseconds: number,
  onLate: () => Error,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onLate()), milliseconds)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
