/**
 * The outcome of the work, or `late`'s error after so many milliseconds. The work itself goes on: it has to be
 * such that it does no harm when it is done later, or a second time.
 */
export async function withDeadline<Value>(
  work: Promise<Value>,
  milliseconds: number,
  late: () => Error,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
