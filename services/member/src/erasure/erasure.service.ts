import { deleteKeysOf } from '@dailyfeed/idempotency/idempotency-key.queries'
import { eraseOutboxOf } from '@dailyfeed/outbox/outbox-erasure.queries'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import type { MemberContext } from '../context.ts'
import { eraseFollows, eraseMember, findMembersToErase } from './erasure.queries.ts'

/**
 * The last part of `memberEraseJob`: deletes the accounts themselves, each member in one transaction.
 * Safe to repeat, also after it was killed.
 */
export async function eraseMembers({ sql, log }: MemberContext): Promise<{ members: number }> {
  const members = await findMembersToErase(sql)
  for (const memberId of members) {
    await inTransaction(sql, async (transaction) => {
      await eraseFollows(transaction, memberId)
      await deleteKeysOf(transaction, 'member', [memberId])
      await eraseMember(transaction, memberId)
    })
    log.info({ security: 'ERASED', memberId }, 'erased')
  }
  if (members.length > 0) await eraseOutboxOf(sql, 'member', members)
  return { members: members.length }
}
