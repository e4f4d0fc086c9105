import {
  type OwnerName,
  openOwnerClients,
  type OwnerClients,
} from '@dailyfeed/batch/owner/owner-clients'
import { developmentSecretsOf } from '@dailyfeed/configuration/development-secrets'
import { SERVICES, urlSettingOf } from '@dailyfeed/contract/services'
import { dataDirOf, runningInstallationOrThrow } from './installation.ts'

export interface Services {
  urls: Record<OwnerName, string>
  /** batch-svc's credential. */
  internalToken: string
}

/**
 * Addresses of the services and the credential of batch-svc. With INTERNAL_TOKEN they come from MEMBER_URL, CONTENT_URL
 * and so on, as batch-svc has them; without it, from the installation that runs here.
 */
export async function servicesOrThrow(env: NodeJS.ProcessEnv): Promise<Services> {
  const internalToken = env['INTERNAL_TOKEN']
  if (internalToken)
    return {
      urls: urlsOf((service) => env[urlSettingOf(service)] ?? `http://${service}-svc`),
      internalToken,
    }
  const { urls } = await runningInstallationOrThrow(env)
  return {
    urls: urlsOf((service) => urls[service] ?? ''),
    internalToken: developmentSecretsOf(dataDirOf(env)).internalTokens.batch,
  }
}

/** Calls the services that own data, and closes the connections when `work` ends. */
export async function withOwners<Outcome>(
  env: NodeJS.ProcessEnv,
  work: (owners: OwnerClients) => Promise<Outcome>,
): Promise<Outcome> {
  const owners = openOwnerClients(await servicesOrThrow(env))
  try {
    return await work(owners)
  } finally {
    await owners.close()
  }
}

const urlsOf = (urlOf: (service: OwnerName) => string) =>
  Object.fromEntries(SERVICES.batch.calls.map((service) => [service, urlOf(service)])) as Record<
    OwnerName,
    string
  >
