import { inTransaction } from '@dailyfeed/postgres-support/queryable'
import { deleteAllEntries, lockLocation, updateLocation } from './index-location.queries.ts'
import type { Index } from './index-content.ts'

/**
 * Prepares the engine. If its documents are lost (another engine, an empty disk), the index is
 * emptied. Returns whether it was, since it then has to be filled again.
 */
export const prepareIndex = ({ sql, engine }: Index): Promise<boolean> =>
  inTransaction(sql, async (transaction) => {
    const known = await lockLocation(transaction)
    const location = await engine.prepare()
    if (location === known) return false
    await deleteAllEntries(transaction)
    await updateLocation(transaction, location)
    return true
  })
