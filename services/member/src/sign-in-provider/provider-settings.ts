import { ConfigurationError } from '@dailyfeed/configuration/read-config'

/** A place where members may prove who they are, by OpenID Connect. */
export interface ProviderSettings {
  /** In paths and in names of variables: lower case. */
  id: string
  /** On its button. */
  name: string
  issuer: string
  clientId: string
  clientSecret: string
}

const ID = /^[a-z][a-z0-9]{0,29}$/
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** `OIDC_PROVIDERS=acme,other` and for each `OIDC_ACME_ISSUER`, `_CLIENT_ID`, `_CLIENT_SECRET` and perhaps `_NAME`. Throws ConfigurationError. */
export function readProvidersOrThrow(env: NodeJS.ProcessEnv): ProviderSettings[] {
  const ids = (env['OIDC_PROVIDERS'] ?? '')
    .split(',')
    .flatMap((id) => (id.trim() === '' ? [] : [id.trim()]))
  const twice = ids.find((id, place) => ids.indexOf(id) !== place)
  if (twice !== undefined) throw new ConfigurationError(`OIDC_PROVIDERS names '${twice}' twice`)
  return ids.map((id) => {
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
  })
}

function settingOrThrow(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]?.trim()
  if (value === undefined || value === '')
    throw new ConfigurationError(`${name} is not set; OIDC_PROVIDERS asks for it`)
  return value
}

const isSafeAddress = (address: string): boolean => {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
}
