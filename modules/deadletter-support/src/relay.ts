import { setTimeout as sleep } from 'node:timers/promises'
import { EVENT_SCHEMA_VERSION, type MemberActivityEvent } from '@dailyfeed/code/member-activity-event'
import { ServiceRefusedError } from '@dailyfeed/service-client/service-errors'
import type { FastifyBaseLogger } from 'fastify'
import type { ReservedSql, Sql } from 'postgres'
import { deletePending, findPending, markDead, openOutboxDays, type PendingRow, recordAttempt } from './pending.queries.ts'

/** Hands a batch to one destination; settles only when the destination has it for good. */
export type Deliver = (events: MemberActivityEvent[]) => Promise<void>

interface RelayOptions {
  /** Of the publishing service; the relay keeps one of its connections while it is the active one. */
  sql: Sql
  schema: string
  destinations: Record<string, Deliver>
  log: FastifyBaseLogger
}

export interface Relay {
  /** There is something new: do not wait for the next look. */
  wake(): void
  stop(): Promise<void>
}

const BATCH = 500
/** How often the table is looked at when nobody calls: for what another instance wrote. */
const POLL_MILLISECONDS = 250
const FIRST_RETRY_MILLISECONDS = 100
/** resilience.md: the relay probes a destination that is away every 2 s. */
const LAST_RETRY_MILLISECONDS = 2_000
const OPEN_DAYS_EVERY_MILLISECONDS = 3_600_000

/**
 * Delivers what the outbox holds, to each destination on its own and in order. One relay per schema is active at a time
 * (an advisory lock); the others wait to take over. At least once: a crash after delivery delivers again, and the
 * listeners take effect once.
 */
export function startRelay({ sql, schema, destinations, log }: RelayOptions): Relay {
  const stopping = new AbortController()
  const sleepers = new Set<() => void>()

  /** Until `wake`, `stop` or the time. */
  const rest = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        sleepers.delete(done)
        resolve()
      }
      const timer = setTimeout(done, milliseconds)
      sleepers.add(done)
      if (stopping.signal.aborted) done()
    })

  async function deliverTo(connection: ReservedSql, destination: string, deliver: Deliver): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      const batch = await findPending(connection, schema, destination, BATCH)
      if (batch.length === 0) {
        await rest(POLL_MILLISECONDS)
        continue
      }
      try {
        await deliver(batch.map(toEvent))
        await deletePending(connection, schema, batch.map(({ id }) => id))
        if (failures > 0) log.info({ schema, destination }, 'delivery goes on')
        failures = 0
      } catch (error) {
        if (error instanceof ServiceRefusedError) await setRefusedAside(connection, destination, deliver, batch, error)
        else {
          if (!isAway(error)) throw error
          failures += 1
          if (failures === 1) log.warn({ schema, destination, err: error }, 'destination is away; its events wait')
          await recordAttempt(connection, schema, batch.map(({ id }) => id), error.message)
          const longest = Math.min(LAST_RETRY_MILLISECONDS, FIRST_RETRY_MILLISECONDS * 2 ** failures)
          await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal: stopping.signal }).catch(() => {})
        }
      }
    }
  }

  /** A batch that was refused as a whole is delivered event by event, so that one refused event holds up no other. */
  async function setRefusedAside(connection: ReservedSql, destination: string, deliver: Deliver, batch: PendingRow[], refusal: ServiceRefusedError): Promise<void> {
    for (const row of batch) {
      try {
        if (batch.length === 1) throw refusal
        await deliver([toEvent(row)])
        await deletePending(connection, schema, [row.id])
      } catch (error) {
        if (!(error instanceof ServiceRefusedError)) return // away again: the rest waits in its order
        await markDead(connection, schema, row.id, error.message)
        log.error({ schema, destination, eventId: row.event_id, err: error }, 'event refused for good')
      }
    }
  }

  /** While this instance holds the lock and its connection lives. */
  async function relayWhileActive(): Promise<void> {
    const connection = await sql.reserve()
    try {
      const [lock] = await connection<[{ taken: boolean }]>`select pg_try_advisory_lock(7310004, hashtext(${schema})) as taken`
      if (!lock.taken) {
        await rest(LAST_RETRY_MILLISECONDS)
        return
      }
      await openOutboxDays(connection, schema)
      const days = setInterval(() => openOutboxDays(sql, schema).catch((err) => log.warn({ schema, err }, 'outbox days not opened')), OPEN_DAYS_EVERY_MILLISECONDS)
      try {
        await Promise.all(Object.entries(destinations).map(([name, deliver]) => deliverTo(connection, name, deliver)))
      } finally {
        clearInterval(days)
        await connection`select pg_advisory_unlock_all()`.catch(() => {})
      }
    } finally {
      connection.release()
    }
  }

  const running = (async () => {
    while (!stopping.signal.aborted) {
      try {
        await relayWhileActive()
      } catch (error) {
        log.warn({ schema, err: error }, 'relay interrupted; it starts again')
        await rest(500)
      }
    }
  })()

  const wake = () => {
    for (const done of sleepers) done()
  }
  return {
    wake,
    async stop() {
      stopping.abort()
      wake()
      await running
    },
  }
}

/** Faults of transport, which pass; anything else in this loop is a fault of the database or a bug. */
const isAway = (error: unknown): error is Error =>
  error instanceof Error && ['ServiceUnavailableError', 'ServiceTimeoutError', 'CircuitOpenError'].includes(error.name)

const toEvent = (row: PendingRow): MemberActivityEvent => ({
  eventId: row.event_id,
  schemaVersion: EVENT_SCHEMA_VERSION,
  messageKey: row.message_key,
  version: row.version,
  memberActivityType: row.activity_type,
  memberId: row.member_id,
  postId: row.post_id,
  commentId: row.comment_id,
  targetMemberId: row.target_member_id,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  occurredAt: row.occurred_at.toISOString(),
})
