import { randomUUID } from 'node:crypto'
import { EVENT_SCHEMA_VERSION, type MemberActivityEvent } from '@dailyfeed/code/member-activity-event'
import { ServiceRefusedError } from '@dailyfeed/service-client/service-errors'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import { deletePending, findPending, markDead, openOutboxDays, type PendingRow, recordAttempt, releaseLease, takeLease } from './pending.queries.ts'
import { createPause } from './pause.ts'

/** Hands a batch to one destination; settles only when the destination has it for good. */
export type Deliver = (events: MemberActivityEvent[]) => Promise<void>

interface RelayOptions {
  /** Of the publishing service. */
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
/** After a crash another relay takes over when the lease ends; renewed three times in its life. */
const LEASE_SECONDS = 3
const RENEW_MILLISECONDS = 1_000
const OPEN_DAYS_EVERY_MILLISECONDS = 3_600_000

/**
 * Delivers what the outbox holds, to each destination on its own and in order. One relay per schema is active at a time
 * (a lease); the others wait to take over. At least once: a crash after delivery delivers again, and the listeners take
 * effect once.
 */
export function startRelay({ sql, schema, destinations, log }: RelayOptions): Relay {
  const holder = randomUUID()
  const pause = createPause()
  let stopping = false
  /** Of this process's monotonic clock. */
  let leaseEndsAt = 0
  const isActive = () => !stopping && performance.now() < leaseEndsAt

  async function renewLease(): Promise<boolean> {
    const askedAt = performance.now()
    if (!(await takeLease(sql, schema, holder, LEASE_SECONDS))) return false
    // Counted from before the question: never longer than the database thinks.
    leaseEndsAt = askedAt + LEASE_SECONDS * 1_000
    return true
  }

  async function keepLease(): Promise<void> {
    let openedAt = Number.NEGATIVE_INFINITY
    while (isActive()) {
      if (performance.now() - openedAt > OPEN_DAYS_EVERY_MILLISECONDS) {
        await openOutboxDays(sql, schema)
        openedAt = performance.now()
      }
      await pause.untilStopped(RENEW_MILLISECONDS)
      if (isActive()) await renewLease()
    }
  }

  async function deliverTo(destination: string, deliver: Deliver): Promise<void> {
    let failures = 0
    while (isActive()) {
      const batch = await findPending(sql, schema, destination, BATCH)
      if (batch.length === 0) {
        await pause.untilWoken(POLL_MILLISECONDS)
        continue
      }
      try {
        await deliver(batch.map(toEvent))
        await deletePending(
          sql,
          schema,
          batch.map(({ id }) => id),
        )
        if (failures > 0) log.info({ schema, destination }, 'delivery goes on')
        failures = 0
      } catch (error) {
        if (error instanceof ServiceRefusedError) await setRefusedAside(destination, deliver, batch, error)
        else if (isAway(error)) {
          failures += 1
          if (failures === 1) log.warn({ schema, destination, err: error }, 'destination is away; its events wait')
          await recordAttempt(
            sql,
            schema,
            batch.map(({ id }) => id),
            error.message,
          )
          await pause.untilStopped(retryDelayOf(failures))
        } else throw error
      }
    }
  }

  /** A batch that was refused as a whole is delivered event by event, so that one refused event holds up no other. */
  async function setRefusedAside(destination: string, deliver: Deliver, batch: PendingRow[], refusal: ServiceRefusedError): Promise<void> {
    for (const row of batch) {
      try {
        if (batch.length === 1) throw refusal
        await deliver([toEvent(row)])
        await deletePending(sql, schema, [row.id])
      } catch (error) {
        if (!(error instanceof ServiceRefusedError)) return // away again: the rest waits in its order
        await markDead(sql, schema, row.id, error.message)
        log.error({ schema, destination, eventId: row.event_id, err: error }, 'event refused for good')
      }
    }
  }

  /** As long as the lease is held. One fault ends the term for all destinations: none goes on into the next one. */
  async function serveTerm(): Promise<void> {
    const loops = [keepLease(), ...Object.entries(destinations).map(([name, deliver]) => deliverTo(name, deliver))]
    try {
      await Promise.all(loops)
    } finally {
      leaseEndsAt = 0
      pause.wake()
      await Promise.allSettled(loops)
    }
  }

  async function run(): Promise<void> {
    while (!stopping) {
      try {
        if (await renewLease()) await serveTerm()
        else await pause.untilStopped(RENEW_MILLISECONDS)
      } catch (error) {
        log.warn({ schema, err: error }, 'relay interrupted; it starts again')
        await pause.untilStopped(500)
      }
    }
    await releaseLease(sql, schema, holder).catch((error) => log.warn({ schema, err: error }, 'relay lease not released; it expires by itself'))
  }

  const running = run()
  return {
    wake: pause.wake,
    async stop() {
      stopping = true
      pause.stop()
      await running
    },
  }
}

/** Twice as long each time up to the probe interval, with jitter so that instances do not fall into step. */
function retryDelayOf(failures: number): number {
  const longest = Math.min(LAST_RETRY_MILLISECONDS, FIRST_RETRY_MILLISECONDS * 2 ** failures)
  return longest * (0.5 + Math.random() / 2)
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
