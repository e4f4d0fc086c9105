import { eraseDeadLettersOf } from '@dailyfeed/event-listener/dead-letter-erasure.queries'
import { deleteKeysOf } from '@dailyfeed/idempotency/idempotency-key.queries'
import type { ActivityContext } from '../context.ts'
import {
  eraseInterests,
  eraseModeration,
  eraseNotifications,
  eraseRecords,
  findErasableMembers,
} from './erasure.queries.ts'

/**
 * activity-svc's part of `memberEraseJob`, in batches. An interrupted run is completed by the next one, and a repeated
 * run changes nothing.
 */
export async function eraseMembers({ sql }: ActivityContext): Promise<{ records: number }> {
  const members = await findErasableMembers(sql)
  if (members.length === 0) return { records: 0 }
  await eraseNotifications(sql, members)
  await eraseInterests(sql, members)
  await eraseModeration(sql, members)
  await deleteKeysOf(sql, 'activity', members)
  await eraseDeadLettersOf(sql, 'activity', members)
  return { records: await eraseRecords(sql, members) }
}
