import {
  LISTENERS,
  type ListenerName,
  PUBLISHERS,
  type PublisherName,
} from '@dailyfeed/contract/subscriptions'
import { createServiceClient, type ServiceClient } from '@dailyfeed/service-client/service-client'

/** LISTENER: it came, and the handler failed. PUBLISHER: it was written, and could not be delivered. */
export const KINDS = ['LISTENER', 'PUBLISHER'] as const
export type Kind = (typeof KINDS)[number]

/** Who keeps dead letters of a kind, and where it is asked for them. */
export const KEEPERS = {
  LISTENER: { path: '/internal/dead-letters', services: LISTENERS },
  PUBLISHER: { path: '/internal/undelivered', services: PUBLISHERS },
} as const satisfies Record<Kind, { path: string; services: readonly string[] }>

export type KeeperName = ListenerName | PublisherName
export const KEEPING: readonly KeeperName[] = [...new Set([...LISTENERS, ...PUBLISHERS])].sort()

/** Services asked for their dead letters. */
export interface DeadLetterOwners {
  /** `path` below that of the kind. Throws the errors of service-client. */
  ask<Data>(kind: Kind, owner: KeeperName, path: string, body: object): Promise<Data>
  close(): Promise<void>
}

/** Connections of their own: a job may keep an owner busy for minutes, and an administrator waits here. */
export function createDeadLetterOwners(
  urls: Record<KeeperName, string>,
  internalToken: string,
): DeadLetterOwners {
  const clients = new Map<KeeperName, ServiceClient>(
    KEEPING.map((service) => [
      service,
      createServiceClient({ service, baseUrl: urls[service], internalToken }),
    ]),
  )
  return {
    async ask<Data>(kind: Kind, owner: KeeperName, path: string, body: object) {
      const client = clients.get(owner)
      if (client === undefined) throw new TypeError(`${owner} keeps no dead letters`)
      return (await client.post<{ data: Data }>(`${KEEPERS[kind].path}${path}`, body)).data
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()))
    },
  }
}
