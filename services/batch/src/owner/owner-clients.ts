import { type CalledBy, SERVICES } from '@dailyfeed/contract/services'
import type { ServiceCalls } from '@dailyfeed/service-client/service-calls'
import type { ServiceClient } from '@dailyfeed/service-client/service-client'

/** A service that owns data, dead letters or topics, and so does what batch-svc asks for. */
export type OwnerName = CalledBy<'batch'>

export interface OwnerClients {
  of(owner: OwnerName): ServiceClient
}

/**
 * One client for each owner. Calls that may take long get clients of their own, by another `purpose`, so that they occupy
 * no connection of others.
 */
export function openOwnerClients(calls: ServiceCalls<'batch'>, purpose = 'calls'): OwnerClients {
  const clients = new Map<OwnerName, ServiceClient>(
    SERVICES.batch.calls.map((owner) => [owner, calls.clientOf(owner, { purpose })]),
  )
  return {
    of(owner) {
      const client = clients.get(owner)
      if (client === undefined) throw new TypeError(`batch-svc does not call ${owner}-svc`)
      return client
    },
  }
}
