import { MEMBER_DATA_OWNERS } from '@dailyfeed/contract/services'
import { LISTENERS, PUBLISHERS } from '@dailyfeed/contract/subscriptions'

import type { OwnerName } from '../owner/owner-clients.ts'

export interface JobDefinition {
  /** Services that own the data and run the job on it. */
  owners: readonly OwnerName[]
  /** Cron expression in TOPIC_TIME_ZONE; without one the job runs on request only. */
  schedule?: string
  /** Runs each owner only after the one before it has succeeded. */
  inOrder?: true
}

/** Every job. batch-svc knows its schedule and its owners; the owners know what it does. */
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

export const unknownJobMessage = (name: string) =>
  `there is no job '${name}'; the jobs are: ${Object.keys(JOBS).join(', ')}`
