import { type OwnerClients, openOwnerClients } from '@dailyfeed/batch/owner/owner-clients'
import { developmentSecretsOf } from '@dailyfeed/configuration/development-secrets'
import { readConfigOrThrow } from '@dailyfeed/configuration/read-config'
import {
  type CalledBy,
  SERVICES,
  type UrlSetting,
  urlSettingOf,
} from '@dailyfeed/contract/services'
import { callSettings } from '@dailyfeed/service-client/call-settings'
import { ServiceCalls } from '@dailyfeed/service-client/service-calls'
import Type from 'typebox'
import { dataDirOf, runningInstallationOrThrow } from './installation.ts'

const CallConfig = Type.Object(callSettings('batch'))

/** Calls the services that own data, with batch-svc's credential, and closes the connections when `work` ends. */
export async function withCalls<Outcome>(
  env: NodeJS.ProcessEnv,
  work: (calls: ServiceCalls<'batch'>) => Promise<Outcome>,
): Promise<Outcome> {
  const config = { ...readConfigOrThrow(CallConfig, env), ...(await addressesOrThrow(env)) }
  const calls = new ServiceCalls<'batch'>(config)
  try {
    return await work(calls)
  } finally {
    await calls.close()
  }
}

export const withOwners = <Outcome>(
  env: NodeJS.ProcessEnv,
  work: (owners: OwnerClients) => Promise<Outcome>,
): Promise<Outcome> => withCalls(env, (calls) => work(openOwnerClients(calls)))

/**
 * Addresses of the services and the credential of batch-svc. With INTERNAL_TOKEN they come from MEMBER_URL, CONTENT_URL
 * and so on, as batch-svc has them; without it, from the installation that runs here.
 */
async function addressesOrThrow(env: NodeJS.ProcessEnv) {
  const internalToken = env['INTERNAL_TOKEN']
  if (internalToken)
    return {
      ...urlsOf((service) => env[urlSettingOf(service)] ?? `http://${service}-svc`),
      INTERNAL_TOKEN: internalToken,
    }
  const { urls } = await runningInstallationOrThrow(env)
  return {
    ...urlsOf((service) => urls[service] ?? ''),
    INTERNAL_TOKEN: developmentSecretsOf(dataDirOf(env)).internalTokens.batch,
  }
}

const urlsOf = (urlOf: (service: CalledBy<'batch'>) => string) =>
  Object.fromEntries(
    SERVICES.batch.calls.map((service) => [urlSettingOf(service), urlOf(service)]),
  ) as Record<UrlSetting<CalledBy<'batch'>>, string>
