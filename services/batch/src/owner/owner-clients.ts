import type { CalledBy } from '@dailyfeed/contract/services'
import { createServiceClient, type ServiceClient } from '@dailyfeed/service-client/service-client'

/** A service that owns data, dead letters or topics, and so does what batch-svc asks for. */
export type OwnerName = CalledBy<'batch'>

export interface OwnerClients {
  of(owner: OwnerName): ServiceClient
  close(): Promise<void>
}

interface OwnerClientsOptions {
  urls: Record<OwnerName, string>
  internalToken: string
  readTimeoutMilliseconds?: number
}

/** One client for each owner. Calls that may take long get clients of their own, so that they occupy no connection of others. */
export function openOwnerClients({ urls, ...options }: OwnerClientsOptions): OwnerClients {
  const clients = new Map(
    Object.entries(urls).map(([service, baseUrl]) => [
      service,
      createServiceClient({ service, baseUrl, ...options }),
    ]),
  )
  return {
    of(owner) {
      const client = clients.get(owner)
      if (client === undefined) throw new TypeError(`no address is configured for ${owner}-svc`)
      return client
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()))
    },
  }
}
