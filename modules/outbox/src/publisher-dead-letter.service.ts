import { DailyfeedError } from '@dailyfeed/contract/errors'
import { inBoundedBatches } from '@dailyfeed/postgres-support/bounded-batches'
import { findNow, type GroupArchive, type GroupReplay } from '@dailyfeed/dead-letter/group-replay'
import type { Sql } from 'postgres'
import {
  publisherFingerprintOf,
  toPublisherDeadLetter,
  toPublisherDeadLetterGroup,
} from './publisher-dead-letter.mapper.ts'
import {
  archivePublisherDeadLettersOf,
  archivePublisherDeadLetter as archiveRow,
  countRefusedFor,
  countUntriedOf,
  deliverAgainOf,
  deliverAgainOne,
  findPublisherDeadLetter,
  findPublisherDeadLetterGroups,
  type RefusedCause,
} from './publisher-dead-letter.queries.ts'
import type {
  PublisherDeadLetter,
  PublisherDeadLetterGroup,
  Redelivery,
} from './publisher-dead-letter.schemas.ts'

export interface PublisherDeadLetterContext {
  sql: Sql
  schema: string
  wakeRelay: () => void
}

/** One group per cause, the cause with the latest event first. */
export async function listPublisherDeadLetterGroups({
  sql,
  schema,
}: PublisherDeadLetterContext): Promise<PublisherDeadLetterGroup[]> {
  const groups = new Map<string, PublisherDeadLetterGroup>()
  for (const row of await findPublisherDeadLetterGroups(sql, schema)) {
    const group = toPublisherDeadLetterGroup(schema, row)
    const other = groups.get(group.fingerprint)
    groups.set(group.fingerprint, other === undefined ? group : merge(other, group))
  }
  return [...groups.values()]
}

/** Throws DEAD_LETTER_NOT_FOUND. */
export async function getPublisherDeadLetterOrThrow(
  { sql, schema }: PublisherDeadLetterContext,
  id: number,
): Promise<PublisherDeadLetter> {
  const row = await findPublisherDeadLetter(sql, schema, id)
  if (row === undefined) throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
  return toPublisherDeadLetter(schema, row)
}

/** Makes a refused event pending again. Throws DEAD_LETTER_NOT_FOUND. */
export async function redeliver(
  context: PublisherDeadLetterContext,
  id: number,
): Promise<Redelivery> {
  const before = await getPublisherDeadLetterOrThrow(context, id)
  const count = await deliverAgainOne(context.sql, context.schema, id)
  context.wakeRelay()
  if (count === 0) return { outcome: 'NOT_OPEN', deadLetter: before }
  // Not read again, since the relay deletes the row as soon as the event is delivered.
  const deadLetter = { ...before, status: 'PENDING' as const, replayCount: before.replayCount + 1 }
  return { outcome: 'SENT_AGAIN', deadLetter }
}

/** Archives a refused event; a pending one stays pending. Throws DEAD_LETTER_NOT_FOUND. */
export async function archivePublisherDeadLetter(
  context: PublisherDeadLetterContext,
  id: number,
): Promise<PublisherDeadLetter> {
  await archiveRow(context.sql, context.schema, id)
  return getPublisherDeadLetterOrThrow(context, id)
}

/**
 * Makes one batch of refused events of one cause pending again, each event at most once per run (`since` is the beginning
 * of the run). Pending events are left out, since they are retried automatically. The next list shows the outcome.
 */
export async function redeliverGroup(
  { sql, schema, wakeRelay }: PublisherDeadLetterContext,
  fingerprint: string,
  since?: string,
): Promise<GroupReplay> {
  const begunAt = since ?? (await findNow(sql))
  const cause = await findRefusedCause(sql, schema, fingerprint)
  if (cause === undefined) return { replayed: 0, failedAgain: 0, remaining: 0, since: begunAt }
  const replayed = await inBoundedBatches((limit) =>
    deliverAgainOf(sql, schema, cause, begunAt, limit),
  )
  const remaining = await countUntriedOf(sql, schema, cause, begunAt)
  wakeRelay()
  return { replayed, failedAgain: 0, remaining, since: begunAt }
}

export async function archiveGroup(
  { sql, schema }: PublisherDeadLetterContext,
  fingerprint: string,
): Promise<GroupArchive> {
  const cause = await findRefusedCause(sql, schema, fingerprint)
  if (cause === undefined) return { count: 0, remaining: 0 }
  const count = await inBoundedBatches((limit) =>
    archivePublisherDeadLettersOf(sql, schema, cause, limit),
  )
  return { count, remaining: await countRefusedFor(sql, schema, cause) }
}

/** The refused events of a fingerprint with every wording of their error: the wordings differ in numbers. */
async function findRefusedCause(
  sql: Sql,
  schema: string,
  fingerprint: string,
): Promise<RefusedCause | undefined> {
  const rows = (await findPublisherDeadLetterGroups(sql, schema)).filter(
    (row) => row.status === 'DEAD' && publisherFingerprintOf(schema, row) === fingerprint,
  )
  const [first] = rows
  if (first === undefined) return undefined
  return {
    destination: first.destination,
    errors: rows.map(({ last_error: error }) => error),
  }
}

/** Joins two groups of one cause. */
const merge = (
  one: PublisherDeadLetterGroup,
  other: PublisherDeadLetterGroup,
): PublisherDeadLetterGroup => ({
  ...(one.latestId > other.latestId ? one : other),
  count: one.count + other.count,
  firstAt: isBefore(one.firstAt, other.firstAt) ? one.firstAt : other.firstAt,
  lastAt: isBefore(one.lastAt, other.lastAt) ? other.lastAt : one.lastAt,
})

/** Instants of ISO 8601 with equal precision compare as text. */
const isBefore = (instant: string, other: string): boolean => instant < other
