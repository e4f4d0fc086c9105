import type { ActivityType } from '@dailyfeed/contract/event-registry'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import type { TopicRecord } from '@dailyfeed/kafka-support/topic-record'
import { replayTopic } from '@dailyfeed/kafka-support/topic-replay'
import type { FastifyBaseLogger } from 'fastify'
import type { Listener } from './listener.ts'

/** What a replay of one day did in one service, or would do. */
export interface DayReplayReport {
  /** Records read, of the type where one was asked for. */
  records: number
  /** Effects that were not there before: 0 where the day had taken effect already. In a dry run: events that lack one. */
  changed: number
  deadLettered: number
}

interface DayReplayOptions {
  service: string
  listener: Listener
  kafka: KafkaCluster
  /** yyyyMMdd */
  day: string
  type: ActivityType | undefined
  isDryRun: boolean
  onProgress: (done: number, of: number) => void
  log: FastifyBaseLogger
  signal: AbortSignal
}

/** The day's topic once through the handlers, which take effect of each event once: a second replay changes nothing. */
export async function replayDay({
  service,
  listener,
  kafka,
  day,
  type,
  isDryRun,
  onProgress,
  log,
  signal,
}: DayReplayOptions): Promise<DayReplayReport> {
  const report: DayReplayReport = { records: 0, changed: 0, deadLettered: 0 }
  await replayTopic({
    connection: kafka.connection,
    admin: kafka.admin,
    clientId: service,
    topic: kafka.topics.topicOf(day),
    onProgress,
    log,
    signal,
    async handle(records) {
      const asked =
        type === undefined ? records : records.filter((record) => typeOf(record) === type)
      report.records += asked.length
      if (isDryRun) {
        const { missing, invalid } = await listener.dryRun(asked)
        report.changed += missing
        report.deadLettered += invalid
        return
      }
      const { applied, deadLettered } = await listener.handleRecords(asked, { isReplay: true })
      report.changed += applied
      report.deadLettered += deadLettered
    },
  })
  return report
}

/** Undefined for what is no event: a replay of one type leaves it alone. */
function typeOf({ value }: TopicRecord): unknown {
  try {
    return value === null
      ? undefined
      : (JSON.parse(value.toString()) as { memberActivityType?: unknown } | null)
          ?.memberActivityType
  } catch {
    return undefined
  }
}
