import { hostileSearches } from './hostile-searches.ts'
import { idleConnections } from './idle-connections.ts'
import { longWords } from './long-words.ts'
import type { Scenario } from './scenario.ts'
import { slowBodies } from './slow-bodies.ts'
import { slowReaders } from './slow-readers.ts'
import { streamFlood } from './stream-flood.ts'
import { uploadFlood } from './upload-flood.ts'

/** Attacks that take something scarce without any work of a member. A small part of each is in `npm test`. */
export const ATTACKS_BY_CONNECTIONS: readonly Scenario[] = [
  slowBodies,
  slowReaders,
  streamFlood,
  idleConnections,
  uploadFlood,
]

/** Every scenario of `npm run test:bounds`: a file each, and a line here. */
export const SCENARIOS: readonly Scenario[] = [
  ...ATTACKS_BY_CONNECTIONS,
  longWords,
  hostileSearches,
]
