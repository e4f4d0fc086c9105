import type { Sql } from 'postgres'
import { findNow, type GroupReplay } from '@dailyfeed/dead-letter/group-replay'
import { fingerprintOf } from '@dailyfeed/dead-letter/fingerprint'
import { inBoundedBatches } from '@dailyfeed/dead-letter/bounded-batches'
import {
  archivePublisherDeadLettersOf,
  countRefusedFor,
  countUntriedOf,
  deliverAgainOf,
  findPublisherDeadLetterGroups,
  type PublisherDeadLetterGroupRow,
} from './publisher-dead-letter.queries.ts'

/** Undelivered events of one cause: the publisher dead letters. */
export interface PublisherDeadLetterGroup {
  fingerprint: string
  destination: string
  /** PENDING: tried again by itself. DEAD: refused for good. */
  status: 'PENDING' | 'DEAD'
  message: string
  count: number
  firstAt: Date
  lastAt: Date
  latestId: number
  /** Every wording of the cause: they differ in their numbers. */
  errors: string[]
}

export async function listPublisherDeadLetters(
  sql: Sql,
  schema: string,
): Promise<PublisherDeadLetterGroup[]> {
  const groups = new Map<string, PublisherDeadLetterGroup>()
  for (const row of await findPublisherDeadLetterGroups(sql, schema)) {
    const fingerprint = publisherFingerprintOf(schema, row)
    const group = groupOf(row, fingerprint)
    const known = groups.get(fingerprint)
    groups.set(fingerprint, known === undefined ? group : merge(known, group))
  }
  return [...groups.values()]
}

/** Sends some of one cause again, each once in a walk; none where they are tried by themselves. How it ends shows on the next list. */
export async function redeliverGroup(
  sql: Sql,
  schema: string,
  fingerprint: string,
  since?: string,
): Promise<GroupReplay> {
  const begunAt = since ?? (await findNow(sql))
  const group = await findRefusedGroup(sql, schema, fingerprint)
  if (group === undefined) return { replayed: 0, failedAgain: 0, remaining: 0, since: begunAt }
  const replayed = await inBoundedBatches((limit) =>
    deliverAgainOf(sql, schema, group, begunAt, limit),
  )
  return {
    replayed,
    failedAgain: 0,
    remaining: await countUntriedOf(sql, schema, group, begunAt),
    since: begunAt,
  }
}

export async function archiveGroup(
  sql: Sql,
  schema: string,
  fingerprint: string,
): Promise<{ count: number; remaining: number }> {
  const group = await findRefusedGroup(sql, schema, fingerprint)
  if (group === undefined) return { count: 0, remaining: 0 }
  const count = await inBoundedBatches((limit) =>
    archivePublisherDeadLettersOf(sql, schema, group, limit),
  )
  return { count, remaining: await countRefusedFor(sql, schema, group) }
}

const findRefusedGroup = async (
  sql: Sql,
  schema: string,
  fingerprint: string,
): Promise<PublisherDeadLetterGroup | undefined> =>
  (await listPublisherDeadLetters(sql, schema)).find(
    (group) => group.status === 'DEAD' && group.fingerprint === fingerprint,
  )

/** The same for all that cannot go to one destination for one reason. */
export const publisherFingerprintOf = (
  schema: string,
  row: { destination: string; status: string; last_error: string | null },
): string => fingerprintOf(schema, `to ${row.destination}`, row.status, row.last_error ?? '')

const groupOf = (
  row: PublisherDeadLetterGroupRow,
  fingerprint: string,
): PublisherDeadLetterGroup => ({
  fingerprint,
  destination: row.destination,
  status: row.status,
  message: row.last_error,
  count: row.count,
  firstAt: writtenAt(row.first_event_id),
  lastAt: writtenAt(row.last_event_id),
  latestId: Number(row.latest_id),
  errors: [row.last_error],
})

const merge = (
  known: PublisherDeadLetterGroup,
  other: PublisherDeadLetterGroup,
): PublisherDeadLetterGroup => ({
  ...(known.latestId > other.latestId ? known : other),
  count: known.count + other.count,
  firstAt: new Date(Math.min(known.firstAt.getTime(), other.firstAt.getTime())),
  lastAt: new Date(Math.max(known.lastAt.getTime(), other.lastAt.getTime())),
  errors: [...known.errors, ...other.errors],
})

/** A UUIDv7 begins with its milliseconds. */
export const writtenAt = (eventId: string): Date =>
  new Date(Number.parseInt(eventId.replaceAll('-', '').slice(0, 12), 16))
