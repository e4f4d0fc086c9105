import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface TcpBalancer {
  url: string
  stop(): Promise<void>
}

/** One address before several servers on this machine, as a Service of Kubernetes is: a connection goes to one that takes it. */
export async function startTcpBalancer(ports: readonly number[]): Promise<TcpBalancer> {
  const sockets = new Set<Socket>()
  let turn = 0

  function connectToOne(client: Socket, triesLeft: number): void {
    turn += 1
    const server = createConnection({ host: '127.0.0.1', port: ports[turn % ports.length] as number })
    const giveUp = () => (triesLeft > 0 ? connectToOne(client, triesLeft - 1) : client.destroy())
    server.once('error', giveUp)
    server.once('connect', () => {
      server.off('error', giveUp)
      for (const socket of [client, server]) {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.once('close', () => sockets.delete(socket))
      }
      client.pipe(server)
      server.pipe(client)
      client.once('close', () => server.destroy())
      server.once('close', () => client.end())
    })
  }

  const listener = createServer((client) => {
    client.on('error', () => {})
    connectToOne(client, 2 * ports.length)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of sockets) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
}
