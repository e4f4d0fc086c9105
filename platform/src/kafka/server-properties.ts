export interface NodePorts {
  id: number
  /** The port of the clients. */
  port: number
  /** The port of the other controllers. */
  controllerPort: number
}

/**
 * The properties of a node that is broker and controller. With up to three nodes, topics have one
 * replica per node, of which all but one must be in sync. Timeouts are short, so that a killed broker
 * is back in 4 s instead of 13 s.
 */
export function serverPropertiesOf(
  node: NodePorts,
  all: readonly NodePorts[],
  folder: string,
  more: Readonly<Record<string, string>>,
): string {
  const copies = String(all.length)
  const inSync = String(Math.max(1, all.length - 1))
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': all
      .map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`)
      .join(','),
    listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': folder,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': copies,
    'min.insync.replicas': inSync,
    'offsets.topic.num.partitions': '3',
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.num.partitions': '3',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'broker.session.timeout.ms': all.length === 1 ? '1500' : '3000',
    'broker.heartbeat.interval.ms': '300',
    'log.segment.delete.delay.ms': '1000',
    'log.cleaner.dedupe.buffer.size': '8388608',
    ...more,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
