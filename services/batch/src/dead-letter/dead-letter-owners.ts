import { createServiceClient, type ServiceClient } from '@dailyfeed/service-client/service-client'

/** Who listens to events, and so may keep dead letters. */
export const LISTENERS = ['activity', 'search', 'content'] as const
export type ListenerName = (typeof LISTENERS)[number]

/** Listeners asked for their dead letters. */
export interface DeadLetterOwners {
  /** `path` below /internal/dead-letters. Throws the errors of service-client. */
  ask<Data>(owner: ListenerName, path: string, body: object): Promise<Data>
  close(): Promise<void>
}

/** Connections of their own: a job may keep an owner busy for minutes, and an administrator waits here. */
export function createDeadLetterOwners(urls: Record<ListenerName, string>, internalToken: string): DeadLetterOwners {
  const clients = new Map<ListenerName, ServiceClient>(
    LISTENERS.map((service) => [service, createServiceClient({ service, baseUrl: urls[service], internalToken })]),
  )
  return {
    async ask<Data>(owner: ListenerName, path: string, body: object) {
      const client = clients.get(owner)
      if (client === undefined) throw new TypeError(`${owner} is no listener`)
      return (await client.post<{ data: Data }>(`/internal/dead-letters${path}`, body)).data
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()))
    },
  }
}
