import {
  NO_KAFKA,
  type ReplayLine,
  type Topic,
  type TopicDeletion,
} from '@dailyfeed/batch/topic/topic.schemas'
import {
  BrokersAwayError,
  deleteTopic,
  listTopics,
  type ReplayOptions,
  replayDay as replayAtOwners,
} from '@dailyfeed/batch/topic/topic.service'
import { CommandError } from '../installation.ts'
import { progressBars } from '../progress-bars.ts'
import { withOwners } from '../services.ts'
import type { ReplayReport } from './replay-report.ts'
import { lagsText } from './topics.text.ts'

async function orCommandError<Answer>(call: Promise<Answer>): Promise<Answer> {
  try {
    return await call
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandError(
      error instanceof BrokersAwayError ? reason : `${reason}; check that it runs`,
    )
  }
}

/** Throws a CommandError where there is no Kafka, as all functions here do. */
export async function listDays(env: NodeJS.ProcessEnv): Promise<Topic[]> {
  const { hasKafka, topics } = await withOwners(env, (owners) =>
    orCommandError(listTopics({ owners })),
  )
  if (!hasKafka) throw new CommandError(NO_KAFKA)
  return topics
}

/** Also throws a CommandError for a topic that is still needed. */
export async function deleteDay(
  env: NodeJS.ProcessEnv,
  day: string,
  isDryRun: boolean,
): Promise<TopicDeletion> {
  const deletion = await withOwners(env, (owners) =>
    orCommandError(deleteTopic({ owners }, day, isDryRun)),
  )
  switch (deletion.outcome) {
    case 'NO_KAFKA':
      throw new CommandError(NO_KAFKA)
    case 'UNREAD':
      throw new CommandError(
        `the topic of ${day} is kept: not read to its end by ${lagsText(deletion.lags ?? {})}`,
      )
    case 'IN_USE':
      throw new CommandError(
        `the topic of ${day} is kept: publishers and listeners still need yesterday's, today's and tomorrow's`,
      )
    default:
      return deletion
  }
}

export async function replayDay(
  env: NodeJS.ProcessEnv,
  options: ReplayOptions,
): Promise<ReplayReport> {
  const report: ReplayReport = { services: {} }
  const bars = progressBars()
  const add = (line: ReplayLine): void => {
    if ('report' in line) report.services[line.service] = line.report
    else if ('error' in line) report.services[line.service] = { error: line.error }
    else bars.update(line.service, line.done, line.of)
  }
  await withOwners(env, async (owners) => {
    for await (const line of replayAtOwners({ owners }, options)) add(line)
  }).finally(() => bars.stop())
  const error = commonErrorOf(report)
  if (error !== undefined) throw new CommandError(error)
  return report
}

export const hasFailed = ({ services }: ReplayReport): boolean =>
  Object.values(services).some((service) => 'error' in service)

/** An error that every service answered, such as a missing topic or no Kafka; undefined where they differ. */
function commonErrorOf({ services }: ReplayReport): string | undefined {
  const errors = Object.values(services).map((service) =>
    'error' in service ? service.error : undefined,
  )
  return errors.every((error) => error === errors[0]) ? errors[0] : undefined
}
