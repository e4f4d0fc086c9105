import type { Sql } from 'postgres'
import { deleteAllEntries, lockLocation, updateLocation } from './index-location.queries.ts'
import type { Index } from './indexing.service.ts'

/**
 * Makes the engine ready. Where its documents are gone (another engine, an empty disk), nothing counts as indexed any
 * more. Says whether that is so: then there is something to catch up with.
 */
export const prepareIndex = ({ sql, engine }: Index): Promise<boolean> =>
  sql.begin(async (begun) => {
    const transaction = begun as unknown as Sql
    const known = await lockLocation(transaction)
    const place = await engine.prepare()
    if (place === known) return false
    await deleteAllEntries(transaction)
    await updateLocation(transaction, place)
    return true
  })
