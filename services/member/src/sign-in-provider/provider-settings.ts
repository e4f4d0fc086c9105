import { ConfigurationError } from '@dailyfeed/configuration/read-config'

/** A provider of OpenID Connect at which members may sign in. */
export interface ProviderSettings {
  /** Names the provider in paths and in settings: lower-case letters and digits. */
  id: string
  /** The label of its button. */
  name: string
  issuer: string
  clientId: string
  clientSecret: string
}

const ID = /^[a-z][a-z0-9]{0,29}$/
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Reads `OIDC_PROVIDERS=acme,other` and for each provider `OIDC_ACME_ISSUER`, `_CLIENT_ID`,
 * `_CLIENT_SECRET` and optionally `_NAME`. Throws ConfigurationError.
 */
export function readProvidersOrThrow(env: NodeJS.ProcessEnv): ProviderSettings[] {
  const ids = (env['OIDC_PROVIDERS'] ?? '')
    .split(',')
    .flatMap((id) => (id.trim() === '' ? [] : [id.trim()]))
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index)
  if (repeated !== undefined)
    throw new ConfigurationError(`OIDC_PROVIDERS names '${repeated}' twice`)
  return ids.map((id) => readProviderOrThrow(env, id))
}

function readProviderOrThrow(env: NodeJS.ProcessEnv, id: string): ProviderSettings {
  if (!ID.test(id))
    throw new ConfigurationError(
      `OIDC_PROVIDERS names '${id}'; a name is lower-case letters and digits, such as acme`,
    )
  const prefix = `OIDC_${id.toUpperCase()}`
  const issuer = settingOrThrow(env, `${prefix}_ISSUER`)
  if (!isSafeAddress(issuer))
    throw new ConfigurationError(
      `${prefix}_ISSUER is '${issuer}'; it must be an https:// address, or http:// on this machine`,
    )
  return {
    id,
    name: env[`${prefix}_NAME`]?.trim() || `${id.slice(0, 1).toUpperCase()}${id.slice(1)}`,
    issuer,
    clientId: settingOrThrow(env, `${prefix}_CLIENT_ID`),
    clientSecret: settingOrThrow(env, `${prefix}_CLIENT_SECRET`),
  }
}

function settingOrThrow(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]?.trim()
  if (value === undefined || value === '')
    throw new ConfigurationError(`${name} is not set; OIDC_PROVIDERS requires it`)
  return value
}

const isSafeAddress = (address: string): boolean => {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
}
