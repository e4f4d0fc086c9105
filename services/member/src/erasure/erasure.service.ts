import { deleteKeysOf } from '@dailyfeed/idempotency/idempotency-key.queries'
import { eraseOutboxOf } from '@dailyfeed/outbox/outbox-erasure.queries'
import { inBoundedBatches } from '@dailyfeed/postgres-support/bounded-batches'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import type { MemberContext } from '../context.ts'
import { eraseFollows, eraseMember, eraseRelations, findMembersToErase } from './erasure.queries.ts'

/** Other members whose follows one transaction deletes. */
const FOLLOWS = { batch: 1_000, milliseconds: Number.POSITIVE_INFINITY }

/**
 * The last part of `memberEraseJob`: deletes the accounts themselves. Rows that may be many go first, in batches; a
 * transaction with the rest ends each member. Safe to repeat, also after it was killed.
 */
export async function eraseMembers({ sql, log }: MemberContext): Promise<{ members: number }> {
  const members = await findMembersToErase(sql)
  for (const memberId of members) {
    await inBoundedBatches((limit) => eraseFollows(sql, memberId, limit), FOLLOWS)
    await eraseRelations(sql, memberId)
    await inTransaction(sql, async (transaction) => {
      await deleteKeysOf(transaction, 'member', [memberId])
      await eraseMember(transaction, memberId)
    })
    log.info({ security: 'ERASED', memberId }, 'erased')
  }
  if (members.length > 0) await eraseOutboxOf(sql, 'member', members)
  return { members: members.length }
}
