import { FaultLog } from '@dailyfeed/concurrency/fault-log'
import { WakeableSleep } from '@dailyfeed/concurrency/wakeable-sleep'
import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import type { Destination } from './destination.ts'
import { DestinationLoop } from './destination-loop.ts'
import { rotateOutboxPartitions } from './pending.queries.ts'
import { RelayLease } from './relay-lease.ts'
import { stepDeadline } from './step-deadline.ts'

interface RelayOptions {
  /** The pool of the publishing service. */
  sql: Sql
  schema: string
  destinations: Record<string, Destination>
  log: FastifyBaseLogger
  /** Called after each batch that a destination accepted. */
  onDelivered?: (destination: string, events: number) => void
  /** Time limit of each statement and each delivery. */
  stepMilliseconds?: number
  /** Interval of reads when no write wakes the relay. */
  pollMilliseconds?: number
}

export interface Relay {
  /** New events were committed: they are delivered without waiting for the next poll. */
  wake(): void
  stop(): Promise<void>
}

const RENEW_MILLISECONDS = 1_000
/** Short, since other instances write too, and wake only their own relay. */
const POLL_MILLISECONDS = 250
const RESTART_MILLISECONDS = 500
const RESTARTS = `relay failed; it restarts in ${RESTART_MILLISECONDS} ms`
/**
 * Every step has a shorter time limit of its own (a statement 15 s, a delivery 15 s). A step that exceeds this one will
 * never complete, and would block its destination until the process is restarted.
 */
const STEP_MILLISECONDS = 30_000
const ROTATE_EVERY_MILLISECONDS = 3_600_000
/**
 * One day more than topics are kept, so that eventReconcileJob can still check events that were
 * sent late.
 */
const OUTBOX_DAYS_KEPT = 8

/** Rotates at the first call, and then at most once in `ROTATE_EVERY_MILLISECONDS`. */
function partitionRotation(sql: Sql, schema: string): () => Promise<void> {
  let rotatedAt = Number.NEGATIVE_INFINITY
  return async () => {
    if (performance.now() - rotatedAt <= ROTATE_EVERY_MILLISECONDS) return
    await rotateOutboxPartitions(sql, schema, OUTBOX_DAYS_KEPT)
    rotatedAt = performance.now()
  }
}

/**
 * Delivers the events of an outbox to each destination independently and in order. One relay per schema is active at a
 * time (a lease); the others wait to take over. Delivery is at least once: after a crash events are delivered again, and
 * listeners apply each once.
 */
export function startRelay({
  sql,
  schema,
  destinations,
  log,
  onDelivered = () => {},
  stepMilliseconds = STEP_MILLISECONDS,
  pollMilliseconds = POLL_MILLISECONDS,
}: RelayOptions): Relay {
  const inTime = stepDeadline(stepMilliseconds)
  const lease = new RelayLease(sql, schema, inTime)
  const sleep = new WakeableSleep()
  let isStopping = false
  const isActive = () => !isStopping && lease.isHeld()

  async function keepLease(): Promise<void> {
    const rotateWhenDue = partitionRotation(sql, schema)
    while (isActive()) {
      await inTime('rotating partitions', rotateWhenDue())
      await sleep.untilStopped(RENEW_MILLISECONDS)
      if (isActive()) await lease.tryTake()
    }
  }

  const loopOf = ([name, destination]: [string, Destination]): DestinationLoop =>
    new DestinationLoop({
      sql,
      schema,
      name,
      destination,
      log,
      sleep,
      isActive,
      databaseNow: () => lease.databaseNow(),
      onDelivered,
      stepMilliseconds,
      pollMilliseconds,
    })

  /** Serves while the lease is held. One error ends every loop: none runs into the next term. */
  async function serveTerm(): Promise<void> {
    const loops = [
      keepLease(),
      ...Object.entries(destinations).map((destination) => loopOf(destination).run()),
    ]
    try {
      await Promise.all(loops)
    } finally {
      lease.expire()
      sleep.wake()
      await Promise.allSettled(loops)
    }
  }

  async function run(faults = new FaultLog()): Promise<void> {
    while (!isStopping) {
      try {
        if (await lease.tryTake()) await serveTerm()
        else await sleep.untilStopped(RENEW_MILLISECONDS)
      } catch (err) {
        faults.warn(log, err, RESTARTS, { schema })
        await sleep.untilStopped(RESTART_MILLISECONDS)
      }
    }
    await lease
      .release()
      .catch((err) => log.warn({ schema, err }, 'relay lease not released; it expires by itself'))
  }

  const running = run()
  return {
    wake: () => sleep.wake(),
    async stop() {
      isStopping = true
      sleep.stop()
      await running
    },
  }
}
