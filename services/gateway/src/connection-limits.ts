import type { Socket } from 'node:net'
import { Quota } from '@dailyfeed/concurrency/quota'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { addressBlockOf, plainAddress } from '@dailyfeed/http-server/address-block'
import { Counter, Gauge } from 'prom-client'
import type { GatewayConfig } from './config.ts'

/** Closes connections beyond the bounds at once. Those of trusted frontends count for the total only. */
export function limitConnections(app: HttpServer, config: GatewayConfig): void {
  const refused = new Counter({
    name: 'gateway_refused_connections_total',
    help: 'Connections closed at once, since their client or all clients had too many',
    registers: [app.metrics],
  })
  new Gauge({
    name: 'gateway_connections',
    help: 'Connections of clients',
    registers: [app.metrics],
    collect() {
      this.set(connections.held)
    },
  })
  const connections = new Quota({
    total: config.CONNECTIONS_MAX,
    perKey: config.RATE_LIMIT === 'on' ? config.CONNECTIONS_PER_CLIENT : config.CONNECTIONS_MAX,
  })
  app.server.on('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress ?? '')
    const isFrontend = config.TRUSTED_FRONTENDS.includes(address)
    // With its port, each connection of a frontend is a client of its own.
    const key = isFrontend ? `${address} ${socket.remotePort}` : addressBlockOf(address)
    if (connections.tryTake(key) === 'TAKEN')
      return void socket.once('close', () => connections.release(key))
    refused.inc()
    socket.destroy()
  })
}
