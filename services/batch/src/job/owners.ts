import type { ServiceName } from '@dailyfeed/contract/services'
import { createServiceClient } from '@dailyfeed/service-client/service-client'

/** A reindex of millions of posts takes minutes, and is asked for by one call. */
const JOB_TIMEOUT_MILLISECONDS = 30 * 60_000

export interface Owners {
  /** Asks one owner for a job, and returns its figures. Throws the errors of service-client. */
  runJob(owner: ServiceName, job: string): Promise<Record<string, number>>
  close(): Promise<void>
}

export function createOwners(
  urls: Partial<Record<ServiceName, string>>,
  internalToken: string,
): Owners {
  const clients = Object.fromEntries(
    Object.entries(urls).map(([service, baseUrl]) => [
      service,
      createServiceClient({
        service,
        baseUrl,
        internalToken,
        readTimeoutMilliseconds: JOB_TIMEOUT_MILLISECONDS,
      }),
    ]),
  )
  return {
    async runJob(owner, job) {
      const client = clients[owner]
      if (client === undefined) throw new Error(`the address of ${owner}-svc is not known`)
      const { data } = await client.post<{ data: Record<string, number> }>(
        `/internal/jobs/${job}`,
        {},
      )
      return data
    },
    async close() {
      await Promise.all(Object.values(clients).map((client) => client.close()))
    },
  }
}
