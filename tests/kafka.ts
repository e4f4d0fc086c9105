import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalKafka, startLocalKafka } from '@dailyfeed/platform/kafka/local-kafka'
import { provideKafka } from '@dailyfeed/platform/kafka/provide-kafka'

type StartOptions = Partial<
  Pick<Parameters<typeof startLocalKafka>[0], 'nodes' | 'settings' | 'formatArguments' | 'heap'>
>

/** For `skipIf`: whether this machine has no Kafka. `npm test` says why, and fails in CI. */
export const kafkaIsMissing = async (): Promise<boolean> =>
  'reason' in (await provideKafka(process.env, () => {}))

/** Starts a cluster for one test file, with an empty folder. */
export async function startTestKafka(options: StartOptions = {}): Promise<LocalKafka> {
  const distribution = await provideKafka(process.env, () => {})
  if ('reason' in distribution) throw new Error(distribution.reason)
  const folder = await mkdtemp(join(tmpdir(), 'dailyfeed-kafka-'))
  const kafka = await startLocalKafka({ distribution, folder, ...options })
  return {
    ...kafka,
    async stop() {
      // A regular stop waits for new leaders, and nothing on these disks is needed any more.
      await Promise.all(kafka.nodes.map((node) => node.kill()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
