import type { ActivityType } from '@dailyfeed/contract/event-registry'
import {
  NO_KAFKA,
  type ReplayLine,
  type Topic,
  type TopicDeletion,
} from '@dailyfeed/batch/topic/topic.schemas'
import {
  BrokersAwayError,
  createTopicOwners,
  type TopicOwners,
} from '@dailyfeed/batch/topic/topic.service'
import { CommandError } from './installation.ts'
import { progressBars } from './progress-bar.ts'
import { servicesOrThrow } from './services.ts'

export interface DayOptions {
  /** yyyyMMdd */
  date: string
  type?: ActivityType
  dryRun?: boolean
}

export interface ReplayReport {
  /** What each service did, or would do. */
  services: Record<
    string,
    { records: number; changed: number; deadLettered: number } | { error: string }
  >
}

async function ownersOrThrow(env: NodeJS.ProcessEnv): Promise<TopicOwners> {
  const { urls, internalToken } = await servicesOrThrow(env)
  return createTopicOwners(urls, internalToken)
}

async function orCommandError<Answer>(question: Promise<Answer>): Promise<Answer> {
  try {
    return await question
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new CommandError(
      error instanceof BrokersAwayError ? said : `${said}; see whether it runs`,
    )
  }
}

export async function listTopics(env: NodeJS.ProcessEnv): Promise<Topic[]> {
  const { hasKafka, topics } = await orCommandError((await ownersOrThrow(env)).list())
  if (!hasKafka) throw new CommandError(NO_KAFKA)
  return topics
}

export async function deleteTopic(
  env: NodeJS.ProcessEnv,
  { date, dryRun = false }: DayOptions,
): Promise<TopicDeletion> {
  const deletion = await orCommandError((await ownersOrThrow(env)).remove(date, dryRun))
  switch (deletion.outcome) {
    case 'NO_KAFKA':
      throw new CommandError(NO_KAFKA)
    case 'UNREAD':
      throw new CommandError(
        `the topic of ${date} stays: not read to its end by ${lagsOf(deletion.lags ?? {})}`,
      )
    case 'IN_USE':
      throw new CommandError(
        `the topic of ${date} stays: publishers and listeners still need yesterday's, today's and tomorrow's`,
      )
    default:
      return deletion
  }
}

export async function replayTopic(
  env: NodeJS.ProcessEnv,
  { date, type, dryRun = false }: DayOptions,
): Promise<ReplayReport> {
  const owners = await ownersOrThrow(env)
  const bars = progressBars()
  const report: ReplayReport = { services: {} }
  for await (const line of owners.replay({ day: date, type, isDryRun: dryRun })) take(line)
  bars.stop()
  // What all of them say is said once: there is no such day, or no Kafka.
  const [first, ...others] = Object.values(report.services)
  if (
    first !== undefined &&
    'error' in first &&
    others.every((said) => 'error' in said && said.error === first.error)
  )
    throw new CommandError(first.error)
  return report

  function take(line: ReplayLine): void {
    if ('report' in line) report.services[line.service] = line.report
    else if ('error' in line) report.services[line.service] = { error: line.error }
    else bars.update(line.service, line.done, line.of)
  }
}

const lagsOf = (lags: Record<string, number>): string =>
  Object.entries(lags)
    .filter(([, lag]) => lag > 0)
    .map(([group, lag]) => `${group} (${lag} records to read)`)
    .join(', ')

export const describeTopics = (topics: readonly Topic[]): string =>
  topics.length === 0
    ? 'no topics'
    : topics
        .map(
          ({ day, records, lags, deletion }) =>
            `${day}  ${String(records).padStart(9)} records  ${SAID_OF_DELETION[deletion] ?? deletion}  ${lagsOf(lags) || 'read to the end by all'}`,
        )
        .join('\n')

const SAID_OF_DELETION: Record<string, string> = {
  POSSIBLE: 'may be deleted',
  UNREAD: 'not read yet  ',
  IN_USE: 'in use        ',
}

export const describeReplay = ({ services }: ReplayReport, isDryRun: boolean): string =>
  Object.entries(services)
    .map(([service, said]) =>
      'error' in said
        ? `${service.padEnd(8)}  failed: ${said.error}`
        : `${service.padEnd(8)}  ${said.records} records, ${isDryRun ? `${said.changed} would change something` : `${said.changed} changed something`}, ${said.deadLettered} ${isDryRun ? 'not valid' : 'became dead letters'}`,
    )
    .join('\n')

export const hasFailed = ({ services }: ReplayReport): boolean =>
  Object.values(services).some((said) => 'error' in said)
