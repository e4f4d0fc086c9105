import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { failureOf } from '../java.ts'
import type { ServerProcess } from '../server-process.ts'
import type { KafkaDistribution } from './kafka-distribution.ts'

interface KafkaNodeOptions {
  distribution: KafkaDistribution
  /** Contains `server.properties` and, once formatted, the data. */
  folder: string
  /** In Java's notation: `256m`. */
  heap: string
  /** The file to which Java dumps its loaded classes when it exits. */
  archiveTo?: string
}

/** Favours a fast start over throughput: one compiler tier, one collector thread. */
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

/** Formats the node's folder with the cluster's id, unless that is done. A format that was interrupted is repeated. */
export async function formatNode(
  distribution: KafkaDistribution,
  folder: string,
  clusterId: string,
  more: readonly string[],
  archiveTo?: string,
): Promise<void> {
  const properties = join(folder, 'data', 'meta.properties')
  const formatted = await readFile(properties, 'utf8').catch(() => '')
  if (formatted.includes('cluster.id=')) return
  await rm(properties, { force: true })
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
    throw new Error(`Kafka's folder ${folder} could not be formatted: ${failureOf(error)}`)
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
