import { DailyfeedError } from '@dailyfeed/contract/errors'
import { inBoundedBatches } from '@dailyfeed/postgres-support/bounded-batches'
import type { GroupArchive } from '@dailyfeed/dead-letter/group-replay'
import type { Sql } from 'postgres'
import { toDeadLetter, toDeadLetterGroup } from './dead-letter.mapper.ts'
import {
  archiveDeadLetter as archiveRow,
  archiveDeadLettersOf,
  countOpenDeadLetters,
  findDeadLetter,
  findDeadLetterGroups,
} from './dead-letter.queries.ts'
import type { DeadLetterReplay } from './dead-letter-replay.ts'
import type { DeadLetter, DeadLetterGroup, Replay } from './dead-letter.schemas.ts'

export interface DeadLetterContext {
  sql: Sql
  schema: string
  replay: DeadLetterReplay
}

const MAX_GROUPS = 500

/** The causes with the latest dead letters. */
export const listDeadLetterGroups = async ({
  sql,
  schema,
}: DeadLetterContext): Promise<DeadLetterGroup[]> =>
  (await findDeadLetterGroups(sql, schema, MAX_GROUPS)).map(toDeadLetterGroup)

/** Throws DEAD_LETTER_NOT_FOUND. */
export async function getDeadLetterOrThrow(
  { sql, schema }: DeadLetterContext,
  id: number,
): Promise<DeadLetter> {
  const row = await findDeadLetter(sql, schema, id)
  if (row === undefined) throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
  return toDeadLetter(row)
}

/** Throws DEAD_LETTER_NOT_FOUND. */
export async function replayDeadLetter(context: DeadLetterContext, id: number): Promise<Replay> {
  const outcome = await context.replay.replayOne(id)
  if (outcome === undefined) throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
  return { outcome, deadLetter: await getDeadLetterOrThrow(context, id) }
}

/** Archives an open dead letter; a replayed one stays replayed. Throws DEAD_LETTER_NOT_FOUND. */
export async function archiveDeadLetter(
  context: DeadLetterContext,
  id: number,
): Promise<DeadLetter> {
  await archiveRow(context.sql, context.schema, id)
  return getDeadLetterOrThrow(context, id)
}

/** Archives open dead letters of one cause for a few seconds; the caller repeats until none remain. */
export async function archiveGroup(
  { sql, schema }: DeadLetterContext,
  fingerprint: string,
): Promise<GroupArchive> {
  const count = await inBoundedBatches((limit) =>
    archiveDeadLettersOf(sql, schema, fingerprint, limit),
  )
  return { count, remaining: await countOpenDeadLetters(sql, schema, fingerprint) }
}
