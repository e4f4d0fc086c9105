import type { ActivityType } from '@dailyfeed/contract/event-registry'
import type { Log } from '@dailyfeed/http-server/log'
import type { InstallationGuard } from '@dailyfeed/kafka-support/installation-guard'
import type { KafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import type { TopicRecord } from '@dailyfeed/kafka-support/topic-record'
import { replayTopic } from '@dailyfeed/kafka-support/topic-replay'
import { decode } from './event-validation.ts'
import type { Listener } from './listener.ts'

/** The outcome of replaying one day in one service, or of a dry run. */
export interface DayReplayReport {
  /** Records read; with a type, those of the type. */
  records: number
  /** New effects: 0 if the whole day had taken effect before. In a dry run: events that lack an effect. */
  changed: number
  deadLettered: number
}

/** The part of a listener that a replay needs. */
export type DayReplayListener = Pick<Listener, 'dryRun' | 'handleRecords'>

interface DayReplayOptions {
  service: string
  listener: DayReplayListener
  /** Leaves the records of other installations out. */
  guard: Pick<InstallationGuard, 'ownOf'>
  kafka: KafkaCluster
  /** yyyyMMdd */
  day: string
  type: ActivityType | undefined
  isDryRun: boolean
  onProgress: (done: number, of: number) => void
  log: Log
  signal: AbortSignal
}

/**
 * Runs a day's topic through the handlers once more. Each event takes effect once, so that a second
 * replay changes nothing.
 */
export async function replayDay({
  service,
  listener,
  guard,
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
      const own = await guard.ownOf(records)
      const selected = type === undefined ? own : own.filter((record) => typeOf(record) === type)
      report.records += selected.length
      if (isDryRun) {
        const { missing, invalid } = await listener.dryRun(selected)
        report.changed += missing
        report.deadLettered += invalid
        return
      }
      const { applied, deadLettered } = await listener.handleRecords(selected, { isReplay: true })
      report.changed += applied
      report.deadLettered += deadLettered
    },
  })
  return report
}

/** Undefined for a record that is no event. */
function typeOf({ value }: TopicRecord): unknown {
  const event = decode(value)
  return typeof event === 'object' && event !== null && 'memberActivityType' in event
    ? event.memberActivityType
    : undefined
}
