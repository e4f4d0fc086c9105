import { eraseDeadLettersOf } from '@dailyfeed/deadletter-support/erasure.queries'
import type { Sql } from 'postgres'
import { eraseFromIndex, findErasableMembers } from './erasure.queries.ts'

/** search-svc's part of `memberEraseJob`. Safe twice and when killed. */
export async function eraseMembers(sql: Sql): Promise<{ indexed: number }> {
  const members = await findErasableMembers(sql)
  if (members.length === 0) return { indexed: 0 }
  await eraseDeadLettersOf(sql, 'search', members)
  return { indexed: await eraseFromIndex(sql, members) }
}
