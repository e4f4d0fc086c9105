import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../eventually.ts'
import type { FaultEnvironment } from './environment.ts'
import { findViolations, type Violations } from './invariants.ts'

export interface EffectsReport extends Violations {
  /** The time until no event was in transit any more. */
  seconds: number
}

/** The setting of every service: reconciling considers events that are older than this. */
export const RECONCILE_SETTINGS = { EVENT_RECONCILE_SECONDS: '2' }
const RECONCILE_SECONDS = Number(RECONCILE_SETTINGS.EVENT_RECONCILE_SECONDS)

/**
 * Waits until every event took effect, for at most so many seconds; events that are in transit then
 * count as lost. Violations in `known` belong to an earlier fault and are left out.
 */
export async function awaitEffects(
  environment: FaultEnvironment,
  withinSeconds: number,
  known: ReadonlySet<string> = new Set(),
): Promise<EffectsReport> {
  const startedAt = performance.now()
  const isNew = (violation: string) => !known.has(violation)
  for (;;) {
    const found = await findViolations(environment.sql, environment.load.ledger)
    const violations = {
      lost: found.lost.filter(isNew),
      doubled: found.doubled.filter(isNew),
      pending: found.pending.filter(isNew),
    }
    const seconds = (performance.now() - startedAt) / 1_000
    if (violations.pending.length === 0 || seconds > withinSeconds)
      return { ...violations, lost: [...violations.lost, ...violations.pending], seconds }
    await sleep(250)
  }
}

/** Waits until members have written so much more: a fault is tested while the product is in use. */
export async function awaitWrites({ load }: FaultEnvironment, count: number): Promise<void> {
  const before = load.ledger.latencies.length
  await eventually(
    `${count} more writes are acknowledged`,
    () => load.ledger.latencies.length - before,
    (writes) => writes >= count,
  )
}

/** Waits until the relays have sent every event of their outboxes. */
export async function awaitSentEvents({ sql }: FaultEnvironment): Promise<void> {
  await eventually(
    'no event is pending in an outbox',
    async () => {
      const rows = await sql`
        select from content.outbox_pending where status = 'PENDING'
        union all select from timeline.outbox_pending where status = 'PENDING'
        union all select from member.outbox_pending where status = 'PENDING'`
      return rows.count
    },
    (pending) => pending === 0,
    { timeoutMs: 120_000 },
  )
}

/**
 * Runs the reconcile jobs, which publish events again that no topic contains any more, as soon as
 * every event of now is old enough for them.
 */
export async function reconcile({ sql, job }: FaultEnvironment): Promise<void> {
  const [newest] = await sql<[{ id: string | null }]>`
    select max(event_id::text) as id
    from (
      select event_id from content.outbox
      union all select event_id from timeline.outbox
      union all select event_id from member.outbox) events`
  await eventually(`every event is older than ${RECONCILE_SECONDS} s`, async () => {
    const [row] = await sql<[{ isOld: boolean }]>`
      select coalesce(${newest.id} < event_support.lowest_uuid(
        now() - ${RECONCILE_SECONDS} * interval '1 second')::text, true) as "isOld"`
    return row.isOld
  })
  for (const service of ['content', 'timeline', 'member'] as const)
    await job(service, 'eventReconcileJob')
}
