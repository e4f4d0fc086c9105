import { SERVICE_NAMES, urlSettingOf } from '@dailyfeed/contract/services'
import { developmentSecretsOf } from '@dailyfeed/configuration/development-secrets'
import { dataDirOf, runningInstallationOrThrow } from './installation.ts'

export interface Services {
  /** By service. */
  urls: Record<string, string>
  /** batch-svc's own. */
  internalToken: string
}

/**
 * Where services answer, and the credential of batch-svc: of the installation that runs here or, where INTERNAL_TOKEN is
 * set, of MEMBER_URL, CONTENT_URL and so on, as batch-svc has them.
 */
export async function servicesOrThrow(env: NodeJS.ProcessEnv): Promise<Services> {
  const internalToken = env['INTERNAL_TOKEN']
  if (internalToken) {
    const urls = SERVICE_NAMES.map((service) => [
      service,
      env[urlSettingOf(service)] ?? `http://${service}-svc`,
    ])
    return { urls: Object.fromEntries(urls), internalToken }
  }
  const { urls } = await runningInstallationOrThrow(env)
  return { urls, internalToken: developmentSecretsOf(dataDirOf(env)).internalTokens.batch }
}
