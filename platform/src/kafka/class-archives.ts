import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KafkaDistribution } from './kafka-distribution.ts'
import { archiveOf } from './kafka-node.ts'
import { startLocalKafka } from './local-kafka.ts'

/**
 * Made once for a machine: Java writes down the classes that it had loaded when it ends, and maps them the next time. A
 * broker then starts in 2 s instead of 4. Without one everything works too, so that a failure is not one.
 */
export async function makeClassArchives(
  distribution: KafkaDistribution,
  say: (line: string) => void,
): Promise<void> {
  if (existsSync(archiveOf(distribution, 'server'))) return
  say('preparing Apache Kafka for quick starts…')
  const folder = await mkdtemp(join(tmpdir(), 'dailyfeed-kafka-archive-'))
  const made = (name: 'format' | 'server') => join(folder, `${name}.jsa`)
  try {
    const kafka = await startLocalKafka({ distribution, folder, archiveTo: made })
    await kafka.stop()
    for (const name of ['format', 'server'] as const)
      await rename(made(name), archiveOf(distribution, name))
  } catch (error) {
    say(`Apache Kafka will start more slowly: ${error instanceof Error ? error.message : error}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
