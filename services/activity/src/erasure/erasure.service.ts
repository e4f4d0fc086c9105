import { eraseDeadLettersOf } from '@dailyfeed/event-listener/dead-letter-erasure.queries'
import { deleteKeysOf } from '@dailyfeed/idempotency/idempotency-key.queries'
import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import type { ActivityContext } from '../context.ts'
import {
  eraseInterests,
  eraseModeration,
  eraseNotifications,
  eraseRecords,
  findErasableMembers,
} from './erasure.queries.ts'

/**
 * activity-svc's part of `memberEraseJob`, in one transaction: an interrupted run leaves nothing
 * half erased, and a repeated run changes nothing.
 */
export async function eraseMembers({ sql }: ActivityContext): Promise<{ records: number }> {
  const members = await findErasableMembers(sql)
  if (members.length === 0) return { records: 0 }
  const records = await inTransaction(sql, async (transaction) => {
    await eraseNotifications(transaction, members)
    await eraseInterests(transaction, members)
    await eraseModeration(transaction, members)
    await deleteKeysOf(transaction, 'activity', members)
    await eraseDeadLettersOf(transaction, 'activity', members)
    return eraseRecords(transaction, members)
  })
  return { records }
}
