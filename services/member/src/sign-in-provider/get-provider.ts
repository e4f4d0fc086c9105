import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { MemberContext } from '../context.ts'
import type { ProviderClient } from './provider-client.ts'

/** Throws PROVIDER_NOT_FOUND. */
export function getProviderOrThrow({ providers }: MemberContext, id: string): ProviderClient {
  const provider = providers.find(({ settings }) => settings.id === id)
  if (provider === undefined) throw new DailyfeedError('PROVIDER_NOT_FOUND')
  return provider
}
