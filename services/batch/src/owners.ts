import { createServiceClient, type ServiceClient } from '@dailyfeed/service-client/service-client'
import type { BatchConfig } from './config.ts'
import type { OwnerName } from './jobs/job-table.ts'

/** The services that own what jobs and dead letters are about. */
export interface Owners {
  /** For an administrator who waits. */
  clientOf(owner: OwnerName): ServiceClient
  /** For work of many minutes. */
  patientClientOf(owner: OwnerName, timeoutMinutes: number): ServiceClient
  close(): Promise<void>
}

const ANSWER_MILLISECONDS = 10_000

export function createOwners(config: BatchConfig): Owners {
  const urls: Record<OwnerName, string> = {
    member: config.MEMBER_URL,
    content: config.CONTENT_URL,
    search: config.SEARCH_URL,
    image: config.IMAGE_URL,
    activity: config.ACTIVITY_URL,
  }
  const clients = new Map<string, ServiceClient>()

  function clientWith(owner: OwnerName, readTimeoutMilliseconds: number): ServiceClient {
    const key = `${owner} ${readTimeoutMilliseconds}`
    const known = clients.get(key)
    if (known !== undefined) return known
    const client = createServiceClient({ service: owner, baseUrl: urls[owner], internalToken: config.INTERNAL_TOKEN, readTimeoutMilliseconds })
    clients.set(key, client)
    return client
  }

  return {
    clientOf: (owner) => clientWith(owner, ANSWER_MILLISECONDS),
    patientClientOf: (owner, timeoutMinutes) => clientWith(owner, timeoutMinutes * 60_000),
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()))
    },
  }
}
