import { Counter, Gauge, type Registry } from 'prom-client'
import type { ClientQuotas } from './client-quotas.ts'
import type { Destination } from './destination.ts'
import type { CountRefusal } from './refusal.ts'

/** Metrics of what clients hold at the gateway. Returns the counter of refusals. */
export function registerForwardMetrics(
  registry: Registry,
  quotas: ClientQuotas,
  destinations: Readonly<Record<string, Destination>>,
): CountRefusal {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  gauge('gateway_open_streams', 'Notification streams that are open', () => quotas.streams.held)
  gauge('gateway_uploads', 'Uploads that are being forwarded', () => quotas.uploads.held)
  gauge('gateway_arriving_bodies', 'Request bodies that are being read', () => quotas.bodies.held)
  gauge('gateway_body_bytes', 'Bytes of the request bodies held', () => quotas.bodyBytes.held)

  const gaugeOfEach = (name: string, help: string, read: (destination: Destination) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['upstream'] as const,
      registers: [registry],
      collect() {
        for (const [upstream, destination] of Object.entries(destinations))
          this.set({ upstream }, read(destination))
      },
    })
  gaugeOfEach('gateway_upstream_requests', 'Requests at an upstream', ({ places }) => places.taken)
  gaugeOfEach(
    'gateway_upstream_waiting',
    'Requests that wait for an upstream',
    ({ places }) => places.waiting,
  )

  const refused = new Counter({
    name: 'gateway_refused_total',
    help: 'Requests refused to protect other clients, by reason',
    labelNames: ['reason'] as const,
    registers: [registry],
  })
  return (reason) => refused.inc({ reason })
}
