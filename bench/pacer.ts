import { type MessagePort, parentPort, workerData } from 'node:worker_threads'

export interface Pace {
  perSecond: number
  count: number
}

// A worker that tells its parent when the next is due: timers of an event loop are a millisecond apart at least, and a
// thread that does nothing else may sleep less.
const { perSecond, count } = workerData as Pace
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
const startedAt = performance.now()
for (let told = 0; told < count; told += 1) {
  const milliseconds = startedAt + (told * 1_000) / perSecond - performance.now()
  if (milliseconds > 0) Atomics.wait(never, 0, 0, milliseconds)
  ;(parentPort as MessagePort).postMessage(null)
}
