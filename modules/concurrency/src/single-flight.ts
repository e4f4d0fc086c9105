/** Calls that arrive while `work` is in progress share its outcome; the next call after it starts a new run. */
export function singleFlight<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let inFlight: Promise<Value> | undefined
  return () => {
    inFlight ??= work().finally(() => {
      inFlight = undefined
    })
    return inFlight
  }
}
