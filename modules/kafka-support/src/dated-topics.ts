import { addDays, datedTopicOf, findTopicDay, type TopicDay } from './dated-topic.ts'
import { lagOf, type TopicAdmin } from './topic-admin.ts'
import { groupOf } from './topic-supervisor.ts'

interface DatedTopicsOptions {
  admin: TopicAdmin
  /** What the names begin with. */
  prefix: string
  replicationFactor: number
  /** Services that must have read a day to its end before it may go. */
  listeners: readonly string[]
}

export interface DatedTopicState {
  topic: string
  day: TopicDay
  /** Records that are kept. */
  records: number
  /** What each group has still to read; every listener is named, whether it ever read or not. */
  lags: Record<string, number>
}

/** UNREAD: some group has not read it to its end. */
export type TopicDeletion =
  | { outcome: 'DELETED' | 'NOT_THERE' }
  | { outcome: 'UNREAD'; lags: Record<string, number> }

/** The topics `prefix-yyyyMMdd`. Every method throws the faults of the brokers. */
export interface DatedTopics {
  topicOf(day: TopicDay): string
  /** False where it was there already. */
  create(day: TopicDay): Promise<boolean>
  /** In the order of their days. */
  list(): Promise<DatedTopicState[]>
  exists(day: TopicDay): Promise<boolean>
  /** Only when every known group has read it to its end; its groups go with it. `isDryRun` says what would be. */
  delete(day: TopicDay, options?: { isDryRun?: boolean }): Promise<TopicDeletion>
}

/** events.md. */
const PARTITIONS = 6
export const KEPT_DAYS = 7
const RETENTION_MILLISECONDS = KEPT_DAYS * 86_400_000

export function createDatedTopics({
  admin,
  prefix,
  replicationFactor,
  listeners,
}: DatedTopicsOptions): DatedTopics {
  const topicOf = (day: TopicDay) => datedTopicOf(prefix, day)

  async function listDays(): Promise<TopicDay[]> {
    return (await admin.listTopics())
      .map((topic) => findTopicDay(prefix, topic))
      .filter((day) => day !== undefined)
      .sort()
  }

  async function stateOf(day: TopicDay): Promise<DatedTopicState> {
    const topic = topicOf(day)
    const range = (await admin.rangesOf([topic])).get(topic) ?? { begin: new Map(), end: new Map() }
    const others = (await admin.listGroups()).filter((group) => group.endsWith(`.${topic}`))
    const groups = new Set([...listeners.map((service) => groupOf(service, topic)), ...others])
    const lags: Record<string, number> = {}
    for (const group of [...groups].sort())
      lags[group] = lagOf(range, await admin.committedOffsetsOf(group, topic))
    return { topic, day, records: lagOf(range, new Map()), lags }
  }

  return {
    topicOf,
    create: (day) =>
      admin.createTopic({
        topic: topicOf(day),
        partitions: PARTITIONS,
        replicationFactor,
        retentionMilliseconds: RETENTION_MILLISECONDS,
      }),
    exists: async (day) => (await listDays()).includes(day),

    async list() {
      const states: DatedTopicState[] = []
      for (const day of await listDays()) states.push(await stateOf(day))
      return states
    },

    async delete(day, { isDryRun = false } = {}) {
      if (!(await listDays()).includes(day)) return { outcome: 'NOT_THERE' }
      const { topic, lags } = await stateOf(day)
      const unread = Object.fromEntries(Object.entries(lags).filter(([, lag]) => lag > 0))
      if (Object.keys(unread).length > 0) return { outcome: 'UNREAD', lags: unread }
      if (isDryRun) return { outcome: 'DELETED' }
      await admin.deleteTopic(topic)
      // Members of its groups go as soon as they see that it is gone; groups that are left expire by themselves.
      await admin.deleteGroups(Object.keys(lags)).catch(() => {})
      return { outcome: 'DELETED' }
    },
  }
}

/** Days that may go, of those that are there: older than the days that are kept. */
export const daysToDelete = (days: readonly TopicDay[], today: TopicDay): TopicDay[] =>
  days.filter((day) => day < addDays(today, -KEPT_DAYS))
