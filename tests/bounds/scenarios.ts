import { idleConnections } from './idle-connections.ts'
import type { Scenario } from './scenario.ts'
import { slowBodies } from './slow-bodies.ts'
import { slowReaders } from './slow-readers.ts'
import { streamFlood } from './stream-flood.ts'
import { uploadFlood } from './upload-flood.ts'

/** Every scenario of `npm run test:bounds`: a file each, and a line here. */
export const SCENARIOS: readonly Scenario[] = [
  slowBodies,
  slowReaders,
  streamFlood,
  idleConnections,
  uploadFlood,
]
