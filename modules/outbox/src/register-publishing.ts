import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import { inBoundedBatches } from '@dailyfeed/postgres-support/bounded-batches'
import { Counter, Gauge } from 'prom-client'
import { reconcileEvents } from './event-reconcile.ts'
import { deliverAgainDue, findOutboxDepth } from './publisher-dead-letter.queries.ts'
import { registerPublisherDeadLetterRoutes } from './publisher-dead-letter.routes.ts'
import type { Publishing } from './publishing.ts'

/** Attempts at an event that was refused: 1, 2, 4, … minutes apart, together a week. */
const MAX_ATTEMPTS = 14

/** Everything that operators and batch-svc see of a service's publishing: dead letters, jobs and metrics. */
export function registerPublishing(app: HttpServer, publishing: Publishing): void {
  const { sql, schema, config, subscribers, log } = publishing
  const wakeRelay = () => publishing.wake()
  const deliverDueAgain = (isKafka: boolean) =>
    inBoundedBatches((limit) => deliverAgainDue(sql, schema, isKafka, MAX_ATTEMPTS, limit))
  registerPublisherDeadLetterRoutes(app, { sql, schema, wakeRelay })
  registerJobs(app, {
    async publishDeadletterRestoreJob() {
      const again = await deliverDueAgain(true)
      wakeRelay()
      return { again, handedOver: await publishing.handOverOverdue() }
    },
    async httpDeadletterRestoreJob() {
      const again = await deliverDueAgain(false)
      wakeRelay()
      return { again }
    },
    eventReconcileJob: () =>
      reconcileEvents({
        sql,
        schema,
        subscribers,
        olderThanSeconds: config.EVENT_RECONCILE_SECONDS,
        log,
        wakeRelay,
      }),
  })
  measureDeliveries(app, publishing)
  measureOutbox(app, publishing)
}

function measureDeliveries(app: HttpServer, { delivered }: Publishing): void {
  new Counter({
    name: 'outbox_sent_total',
    help: 'Events that a destination has accepted',
    labelNames: ['destination'] as const,
    registers: [app.metrics],
    collect() {
      this.reset()
      for (const [destination, events] of delivered) this.inc({ destination }, events)
    },
  })
}

/** Queries the database each time the metrics are read. */
function measureOutbox(app: HttpServer, { sql, schema }: Publishing): void {
  const seen = new Set<string>()
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ['destination'] as const, registers: [app.metrics] })
  const oldest = gauge('outbox_oldest_seconds', 'Age of the oldest event not yet delivered')
  const dead = gauge('outbox_dead', 'Events that a destination refused permanently')
  new Gauge({
    name: 'outbox_pending',
    help: 'Events not yet delivered',
    labelNames: ['destination'] as const,
    registers: [app.metrics],
    async collect() {
      const rows = await findOutboxDepth(sql, schema)
      for (const { destination } of rows) seen.add(destination)
      for (const destination of seen) {
        const row = rows.find((one) => one.destination === destination)
        this.set({ destination }, row?.pending ?? 0)
        oldest.set({ destination }, row?.oldest_seconds ?? 0)
        dead.set({ destination }, row?.dead ?? 0)
      }
    },
  })
}
