import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { failureOf } from '../java.ts'
import type { ServerProcess } from '../server-process.ts'
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

export const kafkaNodeOf = ({
  distribution,
  folder,
  heap,
  archiveTo,
}: KafkaNodeOptions): ServerProcess =>
  distribution.java.server(
    folder,
    [
      ...archiveArgumentsOf(distribution, 'server', archiveTo),
      ...JVM,
      `-Xmx${heap}`,
      ...loggingTo('warn'),
      '-cp',
      distribution.classPath,
      'kafka.Kafka',
      join(folder, 'server.properties'),
    ],
    archiveTo === undefined ? [] : [dirname(archiveTo)],
  )

/** Gives the node's folder the cluster's id, once. */
export async function formatNode(
  distribution: KafkaDistribution,
  folder: string,
  clusterId: string,
  more: readonly string[],
  archiveTo?: string,
): Promise<void> {
  if (existsSync(join(folder, 'data', 'meta.properties'))) return
  const command = [
    'kafka.tools.StorageTool',
    'format',
    '-t',
    clusterId,
    '-c',
    join(folder, 'server.properties'),
    ...more,
  ]
  const jvm = [
    ...archiveArgumentsOf(distribution, 'format', archiveTo),
    ...JVM,
    '-Xmx64m',
    ...loggingTo('error'),
  ]
  const folders = [folder, ...(archiveTo === undefined ? [] : [dirname(archiveTo)])]
  try {
    await distribution.java.run(
      'java',
      [...jvm, '-cp', distribution.classPath, ...command],
      folders,
    )
  } catch (error) {
    throw new Error(`Kafka's files in ${folder} could not be made: ${failureOf(error)}`)
  }
}

export const archiveOf = ({ archives }: KafkaDistribution, name: 'format' | 'server'): string =>
  join(archives, `${name}.jsa`)

function archiveArgumentsOf(
  distribution: KafkaDistribution,
  name: 'format' | 'server',
  archiveTo?: string,
): string[] {
  if (archiveTo !== undefined) return [`-XX:ArchiveClassesAtExit=${archiveTo}`]
  const archive = archiveOf(distribution, name)
  return existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []
}

const loggingTo = (level: string): string[] => [
  `-Dorg.slf4j.simpleLogger.defaultLogLevel=${level}`,
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
]
