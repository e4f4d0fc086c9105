import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { replaceFileDurably } from '@dailyfeed/configuration/durable-file'
import { createTopicAdmin } from '@dailyfeed/kafka-support/topic-admin'
import { freePort } from '../free-port.ts'
import type { ServerProcess } from '../server-process.ts'
import type { KafkaDistribution } from './kafka-distribution.ts'
import { formatNode, kafkaNodeOf } from './kafka-node.ts'
import { type NodePorts, serverPropertiesOf } from './server-properties.ts'

interface LocalKafkaOptions {
  distribution: KafkaDistribution
  /** Kept between starts; created if missing. */
  folder: string
  /** Three nodes survive the loss of one. */
  nodes?: 1 | 3
  /** Further lines of `server.properties`. */
  settings?: (node: NodePorts) => Record<string, string>
  /** Further arguments for formatting a node. */
  formatArguments?: readonly string[]
  /** The heap of each broker, in Java's notation. */
  heap?: string
  /** The file to which Java dumps its loaded classes. */
  archiveTo?: (name: 'format' | 'server') => string
  /** Ends a start that has not been completed. */
  signal?: AbortSignal
}

export interface LocalKafka {
  /** host:port of every node, in the format of KAFKA_BROKERS. */
  brokers: string
  nodes: readonly ServerProcess[]
  /** Resolves when this many brokers of this cluster answer. */
  untilReady(brokers?: number): Promise<void>
  stop(): Promise<void>
}

/** On a busy machine three nodes took 90 s to elect their first leader. */
const READY_MILLISECONDS = { 1: 60_000, 3: 180_000 }

/** Starts Apache Kafka on the loopback address. */
export async function startLocalKafka(options: LocalKafkaOptions): Promise<LocalKafka> {
  const {
    distribution,
    folder,
    nodes: count = 1,
    settings = () => ({}),
    formatArguments = [],
    heap = '256m',
    archiveTo,
    signal,
  } = options
  await mkdir(folder, { recursive: true })
  const clusterId = await clusterIdOf(folder)
  const ports: NodePorts[] = []
  for (let id = 1; id <= count; id += 1)
    ports.push({ id, port: await freePort(), controllerPort: await freePort() })

  const nodes = await Promise.all(
    ports.map(async (node) => {
      const nodeFolder = join(folder, `node-${node.id}`)
      await mkdir(nodeFolder, { recursive: true })
      await writeFile(
        join(nodeFolder, 'server.properties'),
        serverPropertiesOf(node, ports, join(nodeFolder, 'data'), settings(node)),
      )
      await formatNode(distribution, nodeFolder, clusterId, formatArguments, archiveTo?.('format'))
      return kafkaNodeOf({
        distribution,
        folder: nodeFolder,
        heap,
        ...(archiveTo === undefined ? {} : { archiveTo: archiveTo('server') }),
      })
    }),
  )
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  const brokers = ports.map(({ port }) => `127.0.0.1:${port}`)

  async function untilReady(wanted: number = count): Promise<void> {
    const admin = createTopicAdmin({ brokers }, 'local-kafka')
    try {
      for (let waited = 0; waited < READY_MILLISECONDS[count]; waited += 50) {
        signal?.throwIfAborted()
        const cluster = await admin.describeCluster().catch(() => undefined)
        // Another cluster could answer on the same port.
        if (cluster?.id === clusterId && cluster.brokers >= wanted) return
        if (nodes.every((node) => node.pid() === undefined))
          throw new Error(
            `Kafka ended before it was ready; see ${join(folder, 'node-1', 'server.log')}`,
          )
        await sleep(50)
      }
      throw new Error(
        `Kafka was not ready in ${READY_MILLISECONDS[count] / 1_000} s; see ${join(folder, 'node-1', 'server.log')}`,
      )
    } finally {
      await admin.close()
    }
  }

  try {
    await Promise.all(nodes.map((node) => node.start()))
    await untilReady()
  } catch (error) {
    await stop()
    throw error
  }
  return { brokers: brokers.join(','), nodes, untilReady, stop }
}

/**
 * 16 random bytes in base64url, the same at every start. The id is a command-line argument and must
 * not begin with a dash. A node that is formatted has it, too, should the file be damaged.
 */
async function clusterIdOf(folder: string): Promise<string> {
  const file = join(folder, 'cluster-id')
  const meta = join(folder, 'node-1', 'data', 'meta.properties')
  const read = (path: string) => readFile(path, 'utf8').catch(() => '')
  const known = /^[\w-]{22}$/.exec(await read(file))?.[0]
  if (known !== undefined) return known
  const formatted = /^cluster\.id=([\w-]{22})$/m.exec(await read(meta))?.[1]
  const id = formatted ?? newClusterId()
  replaceFileDurably(file, id)
  return id
}

const newClusterId = () =>
  Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url').replace(/^-/, 'A')
