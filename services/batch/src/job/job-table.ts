import { MEMBER_DATA_OWNERS, type ServiceName } from '@dailyfeed/contract/services'
import { LISTENERS, PUBLISHERS } from '@dailyfeed/contract/subscriptions'

export interface JobDefinition {
  /** Who owns the data, and runs it. */
  owners: readonly ServiceName[]
  /** When, as cron says it, in TOPIC_TIME_ZONE; undefined: only when asked for. */
  schedule?: string
  /** Each owner only after the one before it has succeeded. */
  inOrder?: true
}

/** Every job. batch-svc knows when and whom to ask; what is done is the owner's. */
export const JOBS: Readonly<Record<string, JobDefinition>> = {
  jwtKeyInitJob: { owners: ['member'] },
  jwtKeyRotationJob: { owners: ['member'], schedule: '0 * * * *' },
  tokenCleanupJob: { owners: ['member'], schedule: '30 * * * *' },
  publishDeadletterRestoreJob: { owners: PUBLISHERS, schedule: '* * * * *' },
  httpDeadletterRestoreJob: { owners: PUBLISHERS, schedule: '* * * * *' },
  listenerDeadletterRestoreJob: {
    owners: LISTENERS,
    schedule: '* * * * *',
  },
  kafkaTopicCreateJob: { owners: ['content'], schedule: '50 23 * * *' },
  kafkaTopicDeleteJob: { owners: ['content'], schedule: '30 0 * * *' },
  eventReconcileJob: { owners: PUBLISHERS, schedule: '*/10 * * * *' },
  memberEraseJob: {
    owners: MEMBER_DATA_OWNERS,
    schedule: '10 2 * * *',
    inOrder: true,
  },
  counterReconcileJob: { owners: ['content'], schedule: '10 3 * * *' },
  imageCollectJob: { owners: ['image'], schedule: '10 4 * * *' },
  searchReconcileJob: { owners: ['search'], schedule: '40 3 * * *' },
  searchReindexJob: { owners: ['search'] },
}

export const findJob = (name: string): JobDefinition | undefined =>
  Object.hasOwn(JOBS, name) ? JOBS[name] : undefined

export const unknownJob = (name: string) =>
  `there is no job '${name}'; there are: ${Object.keys(JOBS).join(', ')}`
