import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { provideKafka } from '@dailyfeed/platform/kafka/kafka-distribution'
import { type LocalKafka, startLocalKafka } from '@dailyfeed/platform/kafka/local-kafka'

type StartOptions = Partial<
  Pick<Parameters<typeof startLocalKafka>[0], 'nodes' | 'settings' | 'formatArguments' | 'heap'>
>

/** Why this machine cannot have Apache Kafka, for `skipIf`: `npm test` names it, and CI does not let it pass. */
export const kafkaIsMissing = async (): Promise<boolean> =>
  'reason' in (await provideKafka(process.env, () => {}))

/** A cluster of a test file's own, on fresh data. */
export async function startTestKafka(options: StartOptions = {}): Promise<LocalKafka> {
  const distribution = await provideKafka(process.env, () => {})
  if ('reason' in distribution) throw new Error(distribution.reason)
  const folder = await mkdtemp(join(tmpdir(), 'dailyfeed-kafka-'))
  const kafka = await startLocalKafka({ distribution, folder, ...options })
  return {
    ...kafka,
    async stop() {
      // Nothing on its disk is needed again: brokers that end together would wait for each other's leaders.
      await Promise.all(kafka.nodes.map((node) => node.kill()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
