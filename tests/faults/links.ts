import { freePort } from '@dailyfeed/platform/free-port'
import type { LocalKafka } from '@dailyfeed/platform/kafka/local-kafka'
import { startTestKafka } from '../kafka.ts'
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.ts'

/** Proxies between services and servers, which faults close, hold or slow down. */
export interface Links {
  /** Between publishers and the broker; unused with three brokers. */
  publish: TcpProxy
  /** Between listeners and the broker; unused with three brokers. */
  listen: TcpProxy
  redis: TcpProxy
  /** Between each service and PostgreSQL. */
  database: Record<string, TcpProxy>
}

export async function linkTo(port: number, resources: AsyncDisposableStack): Promise<TcpProxy> {
  const link = await startTcpProxy({ port })
  resources.defer(link.stop)
  return link
}

/**
 * Clients connect to the address that a broker advertises. Each link therefore leads to a listener
 * of its own, which advertises the address of the link.
 */
export async function startKafkaBehindLinks(
  nodes: 1 | 3,
  resources: AsyncDisposableStack,
): Promise<{ kafka: LocalKafka; publish: TcpProxy; listen: TcpProxy }> {
  const [publishPort, listenPort] = [await freePort(), await freePort()]
  const publish = await linkTo(publishPort, resources)
  const listen = await linkTo(listenPort, resources)
  const address = (name: string, port: number) => `${name}://127.0.0.1:${port}`
  const settings = ({ port, controllerPort }: { port: number; controllerPort: number }) => ({
    listeners: [
      address('PLAINTEXT', port),
      address('CONTROLLER', controllerPort),
      address('PUBLISH', publishPort),
      address('LISTEN', listenPort),
    ].join(),
    'advertised.listeners': [
      address('PLAINTEXT', port),
      address('PUBLISH', publish.port),
      address('LISTEN', listen.port),
    ].join(),
    'listener.security.protocol.map': ['PLAINTEXT', 'CONTROLLER', 'PUBLISH', 'LISTEN']
      .map((name) => `${name}:PLAINTEXT`)
      .join(),
    'inter.broker.listener.name': 'PLAINTEXT',
  })
  const kafka = await startTestKafka({ nodes, ...(nodes === 1 ? { settings } : {}) })
  resources.defer(kafka.stop)
  return { kafka, publish, listen }
}

export function withPort(url: string, port: number | undefined): string {
  const moved = new URL(url)
  if (port !== undefined) moved.port = String(port)
  return moved.href
}
