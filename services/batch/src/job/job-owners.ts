import type { ServiceCalls } from '@dailyfeed/service-client/service-calls'
import { type OwnerName, openOwnerClients } from '../owner/owner-clients.ts'

export interface JobOwners {
  /** Runs a job at one owner and returns its figures. Throws the errors of service-client. */
  runJob(owner: OwnerName, job: string): Promise<Record<string, number>>
}

/** One call lasts as long as its job: a reindex of millions of posts takes minutes. */
const JOB_TIMEOUT_MILLISECONDS = 30 * 60_000

export function openJobOwners(calls: ServiceCalls<'batch'>): JobOwners {
  const owners = openOwnerClients(calls, 'jobs')
  return {
    async runJob(owner, job) {
      const answer = await owners
        .of(owner)
        .post<{ data: Record<string, number> }>(
          `/internal/jobs/${job}`,
          {},
          { readTimeoutMilliseconds: JOB_TIMEOUT_MILLISECONDS },
        )
      return answer.data
    },
  }
}
