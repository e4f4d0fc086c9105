import { isUniqueViolation } from '@dailyfeed/postgres-support/fault'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import { insertAudit } from '../audit/audit.queries.ts'
import type { Device } from '../session/device.ts'
import { insertIdentity } from './identity.queries.ts'
import type { ProviderIdentity } from './provider-client.ts'
import { toNewIdentity } from './sign-in-provider.mapper.ts'

/** Call it in a transaction. Throws an error that `isLinkedAlready` recognises. */
export async function linkIdentity(
  sql: Queryable,
  memberId: number,
  identity: ProviderIdentity,
  { address, userAgent }: Device,
): Promise<void> {
  await insertIdentity(sql, toNewIdentity(memberId, identity))
  await insertAudit(sql, { type: 'PROVIDER_LINKED', memberId, address, userAgent })
}

/** Whether the identity belongs to another member, or the member has another identity of its provider. */
export const isLinkedAlready = (error: unknown): boolean =>
  isUniqueViolation(error, 'identity_pkey') || isUniqueViolation(error, 'identity_one_a_provider')
