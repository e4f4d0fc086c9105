import type { Sql } from 'postgres'
import Type from 'typebox'

/** Names one group of dead letters, all of one cause. */
export const ByFingerprint = Type.Object({ fingerprint: Type.String({ maxLength: 64 }) })

/** Asks for one round of replay over a group; `since` is that of the first round. */
export const GroupRound = Type.Object({
  fingerprint: Type.String({ maxLength: 64 }),
  since: Type.Optional(Type.String({ format: 'date-time', maxLength: 40 })),
})

/** The result of one round. The caller repeats with `since` until `remaining` is 0. */
export const GroupReplay = Type.Object({
  replayed: Type.Integer(),
  failedAgain: Type.Integer(),
  /** Open dead letters of the group that this replay has not tried yet. */
  remaining: Type.Integer(),
  /**
   * When the replay began; the next round skips what was tried since then, so that no failure
   * repeats for ever.
   */
  since: Type.String(),
})
export type GroupReplay = Type.Static<typeof GroupReplay>

/** The result of archiving part of a group. The caller repeats until `remaining` is 0. */
export const GroupArchive = Type.Object({ count: Type.Integer(), remaining: Type.Integer() })
export type GroupArchive = Type.Static<typeof GroupArchive>

/**
 * When a replay begins, by the database's clock as text. It keeps microseconds, as the recorded attempts do; a Date
 * would cut them to milliseconds.
 */
export async function findNow(sql: Sql): Promise<string> {
  const [row] = await sql<
    [{ now: string }]
  >`select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`
  return row.now
}
