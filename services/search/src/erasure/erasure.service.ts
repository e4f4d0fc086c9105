import { eraseDeadLettersOf } from '@dailyfeed/event-listener/dead-letter-erasure.queries'
import type { Index } from '../indexing/index-content.ts'
import { unindexCommentsOf, unindexPostsOf } from '../indexing/indexing.service.ts'
import { findErasableMembers } from './erasure.queries.ts'

/**
 * search-svc's part of `memberEraseJob`. An interrupted run is completed by the next one, and a
 * repeated run changes nothing.
 */
export async function eraseMembers({ sql, engine }: Index): Promise<{ indexed: number }> {
  const members = await findErasableMembers(sql)
  if (members.length === 0) return { indexed: 0 }
  await eraseDeadLettersOf(sql, 'search', members)
  return {
    indexed:
      (await unindexPostsOf({ sql, engine }, members)) +
      (await unindexCommentsOf({ sql, engine }, members)),
  }
}
