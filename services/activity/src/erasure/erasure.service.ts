import { eraseDeadLettersOf } from '@dailyfeed/event-listener/dead-letter-erasure.queries'
import { deleteKeysOf } from '@dailyfeed/idempotency/idempotency-key.queries'
import type { Sql } from 'postgres'
import type { ActivityContext } from '../context.ts'
import {
  eraseInterests,
  eraseModeration,
  eraseNotifications,
  eraseRecords,
  findErasableMembers,
} from './erasure.queries.ts'

/** activity-svc's part of `memberEraseJob`. Safe twice and when killed. */
export async function eraseMembers({ sql }: ActivityContext): Promise<{ records: number }> {
  const members = await findErasableMembers(sql)
  if (members.length === 0) return { records: 0 }
  const records = (await sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    await eraseNotifications(transaction, members)
    await eraseInterests(transaction, members)
    await eraseModeration(transaction, members)
    await deleteKeysOf(transaction, 'activity', members)
    await eraseDeadLettersOf(transaction, 'activity', members)
    return eraseRecords(transaction, members)
  })) as number
  return { records }
}
