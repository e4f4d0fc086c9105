import type { ProbeName } from './probes.ts'

/** One part that is missing, and the requests that may be refused without it; all others work on. */
export interface DegradationRow {
  part: string
  mayFail: readonly ProbeName[]
  /** The promise, as operators read it. */
  promise: string
}

export const ROWS: readonly DegradationRow[] = [
  {
    part: 'member-svc',
    mayFail: ['login', 'refresh', 'logout'],
    promise: 'tokens are verified by cached keys, feeds load with names; login and refresh are 503',
  },
  {
    part: 'activity-svc',
    mayFail: ['notifications'],
    promise: 'nothing is felt by writes and feeds: events wait in the outbox',
  },
  { part: 'kafka', mayFail: [], promise: 'nothing is felt: events wait in the outbox' },
  {
    part: 'timeline-svc',
    mayFail: ['feed', 'own posts', 'logout'],
    promise: 'writes are untouched; reads are 503',
  },
  { part: 'search-svc', mayFail: ['search'], promise: 'only searches are 503; feeds load' },
  { part: 'image-svc', mayFail: ['image'], promise: 'only images are 503; feeds load' },
  {
    part: 'redis',
    mayFail: [],
    promise: 'everything works; revoked tokens are refused by PostgreSQL',
  },
  { part: 'replica', mayFail: [], promise: 'reads fall back to the primary' },
]
