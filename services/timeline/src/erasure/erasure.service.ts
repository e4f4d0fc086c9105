import { eraseOutboxOf } from '@dailyfeed/deadletter-support/erasure.queries'
import type { Sql } from 'postgres'
import { findErasableMembers } from './erasure.queries.ts'

/** timeline-svc's part of `memberEraseJob`: looks that it has not told yet. Safe twice and when killed. */
export async function eraseMembers(primary: Sql): Promise<{ looks: number }> {
  const members = await findErasableMembers(primary)
  return { looks: members.length === 0 ? 0 : await eraseOutboxOf(primary, 'timeline', members) }
}
