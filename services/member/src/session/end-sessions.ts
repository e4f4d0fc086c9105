import type { Revocation } from '@dailyfeed/access-token/revocations'
import type { Queryable } from '@dailyfeed/postgres-support/queryable'
import type { MemberContext } from '../context.ts'
import { logEnded } from './revocation-log.queries.ts'
import { toRevocation } from './session.mapper.ts'
import { closeSessions, type EndedSessionRow } from './session.queries.ts'

/** Kept in the revocation log longer than any token issued before can be accepted. */
export const revocationLife = ({ accessTokenSeconds }: MemberContext['settings']): number =>
  accessTokenSeconds + 60

/**
 * Ends sessions and writes them to the revocation log. These must be the last writes of the
 * transaction: see `logEnded`. Call `announceEnded` after its commit.
 */
export async function endSessions(
  { settings }: MemberContext,
  sql: Queryable,
  ids: readonly string[],
): Promise<EndedSessionRow[]> {
  const ended = await closeSessions(sql, ids)
  await logEnded(sql, ended, revocationLife(settings))
  return ended
}

/** Call after the commit and before the answer: from then on no service accepts a token of these sessions. */
export const announceEnded = (
  context: MemberContext,
  ended: readonly EndedSessionRow[],
): Promise<void> => context.announceRevocations(revocationsOf(context, ended))

export function revocationsOf(
  { settings }: MemberContext,
  ended: readonly EndedSessionRow[],
): Revocation[] {
  const expiresAt = Math.floor(Date.now() / 1_000) + revocationLife(settings)
  return ended.map((row) => toRevocation(row, expiresAt))
}
