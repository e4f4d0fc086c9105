import { type MeasuredClient, registerCallMetrics } from '@dailyfeed/service-client/call-metrics'
import type { HttpServer } from './http-server.ts'

/** Shows operators the calls that a service makes: as metrics, and as a detail of its readiness. */
export function registerServiceCalls(app: HttpServer, clients: readonly MeasuredClient[]): void {
  registerCallMetrics(app.metrics, clients)
}
