import { groupOf } from './consumer-group.ts'
import { addDays, datedTopicOf, findTopicDay, type TopicDay } from './dated-topic.ts'
import { lagOf, type TopicAdmin } from './topic-admin.ts'

interface DatedTopicsOptions {
  admin: TopicAdmin
  /** The prefix of the topics' names. */
  prefix: string
  replicationFactor: number
  /** Services that must have read a day to its end before it may be deleted. */
  listeners: readonly string[]
}

export interface DatedTopicState {
  topic: string
  day: TopicDay
  /** Number of records that are kept. */
  records: number
  /** Unread records by group; every listener is included, even if it has never read the topic. */
  lags: Record<string, number>
}

/** UNREAD: some group has unread records, so that nothing was deleted. */
export type TopicDeletion =
  | { outcome: 'DELETED' | 'NOT_THERE' }
  | { outcome: 'UNREAD'; lags: Record<string, number> }

/** The topics `prefix-yyyyMMdd`. Every method throws the errors of `TopicAdmin`. */
export interface DatedTopics {
  topicOf(day: TopicDay): string
  /** Returns false if the topic existed already. */
  create(day: TopicDay): Promise<boolean>
  /** Lists the topics, the oldest day first. */
  list(): Promise<DatedTopicState[]>
  exists(day: TopicDay): Promise<boolean>
  /**
   * Deletes a topic and its groups if every known group has read it to its end. With `isDryRun`
   * nothing is deleted, and the outcome is the same.
   */
  delete(day: TopicDay, options?: { isDryRun?: boolean }): Promise<TopicDeletion>
}

/** Enough for six readers of a service (docs/events.md). */
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
      // Readers leave once they notice the deletion; a group that still has one expires by itself.
      await admin.deleteGroups(Object.keys(lags)).catch(() => {})
      return { outcome: 'DELETED' }
    },
  }
}

/** Selects the days that are older than the retention of `KEPT_DAYS`. */
export const daysToDelete = (days: readonly TopicDay[], today: TopicDay): TopicDay[] =>
  days.filter((day) => day < addDays(today, -KEPT_DAYS))
