import { eraseOutboxOf } from '@dailyfeed/outbox/outbox-erasure.queries'
import { deleteKeysOf } from '@dailyfeed/idempotency/idempotency-key.queries'
import type { Sql } from 'postgres'
import type { MemberContext } from '../context.ts'
import { eraseFollows, eraseMember, findMembersToErase } from './erasure.queries.ts'

/** The last part of `memberEraseJob`: the account itself, each member in one transaction. Safe twice and when killed. */
export async function eraseMembers({ sql, log }: MemberContext): Promise<{ members: number }> {
  const members = await findMembersToErase(sql)
  for (const memberId of members) {
    await sql.begin(async (begun) => {
      const transaction = begun as unknown as Sql
      await eraseFollows(transaction, memberId)
      await deleteKeysOf(transaction, 'member', [memberId])
      await eraseMember(transaction, memberId)
    })
    log.info({ security: 'ERASED', memberId }, 'erased')
  }
  if (members.length > 0) await eraseOutboxOf(sql, 'member', members)
  return { members: members.length }
}
