import { eraseOutboxOf } from '@dailyfeed/outbox/outbox-erasure.queries'
import type { Sql } from 'postgres'
import { deleteHeavyAuthors } from '../fan-out/fan-out.queries.ts'
import { deleteViewsOf } from '../view/view.queries.ts'
import { findErasableMembers } from './erasure.queries.ts'

/** timeline-svc's part of `memberEraseJob`: deletes views that are not published yet. Idempotent, and safe when interrupted. */
export async function eraseMembers(primary: Sql): Promise<{ looks: number }> {
  const members = await findErasableMembers(primary)
  if (members.length === 0) return { looks: 0 }
  await deleteHeavyAuthors(primary, members)
  await deleteViewsOf(primary, members)
  return { looks: await eraseOutboxOf(primary, 'timeline', members) }
}
