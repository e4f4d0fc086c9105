import { type MeasuredClient, registerCallMetrics } from '@dailyfeed/service-client/call-metrics'
import type { Component, ComponentState } from './components.ts'
import type { HttpServer } from './http-server.ts'

/** Shows operators the calls that a service makes: as metrics, and as components of its readiness. */
export function registerServiceCalls(app: HttpServer, clients: readonly MeasuredClient[]): void {
  registerCallMetrics(app.metrics, clients)
  for (const client of clients) app.components.register(componentOf(client))
}

const STATES: Record<MeasuredClient['circuitStatus'], ComponentState> = {
  CLOSED: 'UP',
  HALF_OPEN: 'FAILING',
  OPEN: 'DOWN',
}

/** An open circuit does not make its caller unready. */
const componentOf = (client: MeasuredClient): Component => ({
  name: `${client.purpose}.${client.service}`,
  isRequired: false,
  status: () => ({
    state: STATES[client.circuitStatus],
    circuit: client.circuitStatus,
    detail: `${client.inProgress} calls in progress, ${client.queued} queued`,
  }),
})
