import { Counter, Gauge, type Registry } from 'prom-client'
import type { CircuitStatus } from './circuit.ts'
import type { ServiceClient } from './service-client.ts'

export type MeasuredClient = Pick<
  ServiceClient,
  'service' | 'purpose' | 'figures' | 'circuitStatus' | 'inProgress' | 'queued'
>

const STATE_VALUES: Record<CircuitStatus, number> = { CLOSED: 0, HALF_OPEN: 1, OPEN: 2 }
const LABELS = ['target', 'purpose'] as const

/** Adds the figures of clients to a registry. They are read when the metrics are, and cost a call nothing. */
export function registerCallMetrics(registry: Registry, clients: readonly MeasuredClient[]): void {
  const registers = [registry]
  const labelsOf = ({ service, purpose }: MeasuredClient) => ({ target: service, purpose })

  function gauge(name: string, help: string, figureOf: (client: MeasuredClient) => number): void {
    new Gauge({
      name,
      help,
      labelNames: LABELS,
      registers,
      collect() {
        for (const client of clients) this.set(labelsOf(client), figureOf(client))
      },
    })
  }

  function counter(name: string, help: string, figureOf: (client: MeasuredClient) => number): void {
    new Counter({
      name,
      help,
      labelNames: LABELS,
      registers,
      collect() {
        this.reset()
        for (const client of clients) this.inc(labelsOf(client), figureOf(client))
      },
    })
  }

  gauge(
    'service_client_circuit_state',
    'Circuit of the calls to a service: 0 closed, 1 half open, 2 open',
    ({ circuitStatus }) => STATE_VALUES[circuitStatus],
  )
  gauge(
    'service_client_calls_in_progress',
    'Calls to a service that wait for an answer',
    ({ inProgress }) => inProgress,
  )
  gauge(
    'service_client_calls_queued',
    'Calls to a service that wait to be sent',
    ({ queued }) => queued,
  )
  counter(
    'service_client_retries_total',
    'Attempts that repeated a call',
    ({ figures }) => figures.retries,
  )
  counter(
    'service_client_retries_withheld_total',
    'Attempts that the retry budget did not allow',
    ({ figures }) => figures.withheldRetries,
  )
  counter(
    'service_client_slow_calls_total',
    'Calls that took as long as a slow call, or longer',
    ({ figures }) => figures.slowCalls,
  )
  counter(
    'service_client_shared_reads_total',
    'Reads that shared a call in flight',
    ({ figures }) => figures.sharedReads,
  )
  new Counter({
    name: 'service_client_calls_total',
    help: 'Calls to a service by outcome; CIRCUIT_OPEN, RATE_LIMITED and BULKHEAD_FULL were not sent',
    labelNames: [...LABELS, 'outcome'] as const,
    registers,
    collect() {
      this.reset()
      for (const client of clients)
        for (const [outcome, calls] of client.figures.outcomes)
          this.inc({ ...labelsOf(client), outcome }, calls)
    },
  })
}
