import { type OwnerClients, type OwnerName, openOwnerClients } from '../owner/owner-clients.ts'

export interface JobOwners {
  /** Runs a job at one owner and returns its figures. Throws the errors of service-client. */
  runJob(owner: OwnerName, job: string): Promise<Record<string, number>>
  close(): Promise<void>
}

/** One call lasts as long as its job: a reindex of millions of posts takes minutes. */
const JOB_TIMEOUT_MILLISECONDS = 30 * 60_000

export function openJobOwners(urls: Record<OwnerName, string>, internalToken: string): JobOwners {
  const owners: OwnerClients = openOwnerClients({
    urls,
    internalToken,
    readTimeoutMilliseconds: JOB_TIMEOUT_MILLISECONDS,
  })
  return {
    async runJob(owner, job) {
      const answer = await owners
        .of(owner)
        .post<{ data: Record<string, number> }>(`/internal/jobs/${job}`, {})
      return answer.data
    },
    close: () => owners.close(),
  }
}
