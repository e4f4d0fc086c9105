import type { ServiceName } from '@dailyfeed/code/ports'

export interface JobDefinition {
  /** Who owns the data: each is asked, and does the work. */
  owners: readonly OwnerName[]
  /** In TOPIC_TIME_ZONE. Without one, the job runs on request only. */
  cron?: string
  /** How long an owner may take; a run that is older than that is taken for dead. */
  timeoutMinutes: number
}

export type OwnerName = Exclude<ServiceName, 'gateway' | 'batch' | 'timeline'>
export type JobName = keyof typeof JOBS

const HOURLY = '0 * * * *'

export const JOBS = {
  jwtKeyInitJob: { owners: ['member'], timeoutMinutes: 1 },
  jwtKeyRotationJob: { owners: ['member'], cron: HOURLY, timeoutMinutes: 1 },
  tokenCleanupJob: { owners: ['member'], cron: HOURLY, timeoutMinutes: 10 },
  listenerDeadletterRestoreJob: { owners: ['activity', 'search', 'content'], cron: '* * * * *', timeoutMinutes: 2 },
  counterReconcileJob: { owners: ['content'], cron: '10 3 * * *', timeoutMinutes: 10 },
  imageCollectJob: { owners: ['image'], cron: '10 4 * * *', timeoutMinutes: 10 },
  searchReindexJob: { owners: ['search'], timeoutMinutes: 10 },
} as const satisfies Record<string, JobDefinition>

export const JOB_NAMES = Object.keys(JOBS) as JobName[]

export const isJobName = (name: string): name is JobName => Object.hasOwn(JOBS, name)

export const jobOf = (name: JobName): JobDefinition => JOBS[name]

export const jobPathOf = (name: JobName) => `/internal/jobs/${name}`

/** In one line, for whoever mistypes a name. */
export const unknownJobMessageOf = (name: string) => `there is no job '${name}'; there are: ${JOB_NAMES.join(', ')}`
