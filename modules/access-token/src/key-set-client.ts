import type { CallConfig } from '@dailyfeed/service-client/call-settings'
import { configuredClient } from '@dailyfeed/service-client/service-calls'
import type { ServiceClient } from '@dailyfeed/service-client/service-client'

/** Where the key set of member-svc comes from. */
export interface KeySetSource {
  url: URL
  /** Throws a ServiceCallError. */
  load(): Promise<unknown>
}

export type KeySetConfig = CallConfig<'member'> & { JWKS_URL: string }

/** The client of member-svc by which its key set is loaded. The set is public: no credential is sent. */
export function openKeySetClient({ JWKS_URL, ...config }: KeySetConfig): ServiceClient {
  const { origin } = new URL(JWKS_URL)
  return configuredClient({ service: 'member', purpose: 'keys', baseUrl: origin, config })
}

export function keySetOf(client: Pick<ServiceClient, 'get'>, jwksUrl: string): KeySetSource {
  const url = new URL(jwksUrl)
  return { url, load: () => client.get(`${url.pathname}${url.search}`) }
}
