import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type ServerProcess, serverProcessOf } from '../server-process.ts'
import type { KafkaDistribution } from './kafka-distribution.ts'

interface KafkaNodeOptions {
  distribution: KafkaDistribution
  /** Holds `server.properties` and, formatted, its data. */
  folder: string
  /** As Java writes it. */
  heap: string
  /** Where the classes that it loaded are written down when it stops. */
  archiveTo?: string
}

/** Quick to start rather than quick for ever: one compiler, one collector thread. */
const JVM = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

export const kafkaNodeOf = ({ distribution, folder, heap, archiveTo }: KafkaNodeOptions): ServerProcess =>
  serverProcessOf({
    folder,
    command: distribution.java,
    args: [
      ...archiveArgumentsOf(distribution, 'server', archiveTo),
      ...JVM,
      `-Xmx${heap}`,
      ...loggingTo('warn'),
      '-cp',
      distribution.classPath,
      'kafka.Kafka',
      join(folder, 'server.properties'),
    ],
  })

/** Gives the node's folder the cluster's id, once. */
export async function formatNode(
  distribution: KafkaDistribution,
  folder: string,
  clusterId: string,
  more: readonly string[],
  archiveTo?: string,
): Promise<void> {
  if (existsSync(join(folder, 'data', 'meta.properties'))) return
  const command = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', join(folder, 'server.properties'), ...more]
  const jvm = [...archiveArgumentsOf(distribution, 'format', archiveTo), ...JVM, '-Xmx64m', ...loggingTo('error')]
  const child = spawn(distribution.java, [...jvm, '-cp', distribution.classPath, ...command], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`Kafka's files in ${folder} could not be made: ${output.trim().split('\n').at(-1)}`)
}

export const archiveOf = ({ archives }: KafkaDistribution, name: 'format' | 'server'): string => join(archives, `${name}.jsa`)

function archiveArgumentsOf(distribution: KafkaDistribution, name: 'format' | 'server', archiveTo?: string): string[] {
  if (archiveTo !== undefined) return [`-XX:ArchiveClassesAtExit=${archiveTo}`]
  const archive = archiveOf(distribution, name)
  return existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []
}

const loggingTo = (level: string): string[] => [`-Dorg.slf4j.simpleLogger.defaultLogLevel=${level}`, '-Dorg.slf4j.simpleLogger.showDateTime=true']
