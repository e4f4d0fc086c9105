import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  callersOf,
  SCHEMA_OWNERS,
  SERVICE_NAMES,
  type ServiceName,
} from '@dailyfeed/contract/services'
import { createFileDurably, replaceFileDurably } from './durable-file.ts'
import { ConfigurationError } from './read-config.ts'

export interface DevelopmentSecrets {
  internalTokens: Record<ServiceName, string>
  cursorKey: string
  jwtKeyEncryptionKey: string
  refreshTokenKey: string
  databasePasswords: Record<ServiceName | 'owner', string>
}

const secret = () => randomBytes(32).toString('base64url')
const ofEach = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, secret()])) as Record<Name, string>

const newSecrets = (): DevelopmentSecrets => ({
  internalTokens: ofEach(SERVICE_NAMES),
  cursorKey: secret(),
  jwtKeyEncryptionKey: secret(),
  refreshTokenKey: secret(),
  databasePasswords: ofEach([...SERVICE_NAMES, 'owner']),
})

/**
 * Secrets for development: created once under `dataDir` and shared by every service that starts
 * there. Secrets that an earlier release did not need are added. Never for production. Throws a
 * ConfigurationError if the file is damaged and a database depends on it.
 */
export function developmentSecretsOf(dataDir: string): DevelopmentSecrets {
  const path = join(dataDir, 'secrets.json')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const stored = readSecretsOrThrow(path)
  if (stored === 'MISSING') {
    const fresh = newSecrets()
    // One of several services that start at once creates the file, and the others read it.
    if (createFileDurably(path, textOf(fresh))) return fresh
    return developmentSecretsOf(dataDir)
  }
  if (stored === 'DAMAGED') {
    if (DATABASE_FOLDERS.some((name) => existsSync(join(dataDir, name))))
      throw new ConfigurationError(
        `${path} is damaged, and the database needs its secrets; restore the file from a backup, or delete ${dataDir} to start with an empty database`,
      )
    replaceFileDurably(path, textOf(newSecrets()))
    return developmentSecretsOf(dataDir)
  }
  const fresh = newSecrets()
  const complete: DevelopmentSecrets = {
    ...fresh,
    ...stored,
    internalTokens: { ...fresh.internalTokens, ...stored.internalTokens },
    databasePasswords: { ...fresh.databasePasswords, ...stored.databasePasswords },
  }
  if (textOf(complete).length !== textOf(stored).length) replaceFileDurably(path, textOf(complete))
  return complete
}

/** Folder of the embedded database in DATA_DIR, and the file that names one elsewhere. */
const DATABASE_FOLDERS = ['postgres', 'postgres-folder']

const textOf = (secrets: object) => JSON.stringify(secrets, null, 2)

function readSecretsOrThrow(path: string): Partial<DevelopmentSecrets> | 'MISSING' | 'DAMAGED' {
  try {
    const stored: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof stored === 'object' && stored !== null ? stored : 'DAMAGED'
  } catch (error) {
    if (error instanceof SyntaxError) return 'DAMAGED'
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'MISSING'
    throw error
  }
}

/** Database passwords by service, for those with a login. */
export const servicePasswordsOf = ({ databasePasswords }: DevelopmentSecrets) =>
  Object.fromEntries(SCHEMA_OWNERS.map((service) => [service, databasePasswords[service]]))

/** A secret from the environment; outside production, if it is not set, that of DATA_DIR. Throws a ConfigurationError. */
export function secretOrThrow(
  name: string,
  given: string | undefined,
  config: { NODE_ENV: string; DATA_DIR: string },
  pick: (secrets: DevelopmentSecrets) => string,
): string {
  if (given !== undefined) return given
  if (config.NODE_ENV === 'production')
    throw new ConfigurationError(
      `${name} is not set; in production it must be text of at least 32 random characters`,
    )
  return pick(developmentSecretsOf(config.DATA_DIR))
}

type SecretSettings = Parameters<typeof secretOrThrow>[2]

/** The service's own credential, which it sends with internal calls. */
export const internalTokenOrThrow = (
  service: ServiceName,
  config: SecretSettings & { INTERNAL_TOKEN?: string | undefined },
): string =>
  secretOrThrow(
    'INTERNAL_TOKEN',
    config.INTERNAL_TOKEN,
    config,
    ({ internalTokens }) => internalTokens[service],
  )

/** The callers that a service admits to its internal routes; outside production the default is that of `SERVICES`. */
export const internalCallersOrThrow = (
  service: ServiceName,
  config: SecretSettings & { INTERNAL_CALLERS?: string | undefined },
): string =>
  secretOrThrow('INTERNAL_CALLERS', config.INTERNAL_CALLERS, config, (secrets) =>
    internalCallersOf(secrets, callersOf(service)),
  )

export const hashOfToken = (token: string) => createHash('sha256').update(token).digest('hex')

/** A value of INTERNAL_CALLERS: names with hashes, so that a callee cannot impersonate its callers. */
const internalCallersOf = (secrets: DevelopmentSecrets, callers: readonly ServiceName[]) =>
  callers.map((caller) => `${caller}:${hashOfToken(secrets.internalTokens[caller])}`).join(',')
