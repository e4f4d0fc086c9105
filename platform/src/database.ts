import {
  type DevelopmentSecrets,
  servicePasswordsOf,
} from '@dailyfeed/configuration/development-secrets'
import { migrate } from '@dailyfeed/postgres-support/migrate'
import { ensureRoles, roleOf } from '@dailyfeed/postgres-support/roles'
import postgres from 'postgres'
import type { PlatformConfig } from './config.ts'
import { clusterFolderOf } from './postgres/cluster-folder.ts'
import { startGuardedPostgres } from './postgres/guarded-postgres.ts'
import { SCHEMAS } from './schemas.ts'

export interface PlatformDatabase {
  ownerUrl: string
  /** The address with the login of one service. */
  urlOf(service: keyof DevelopmentSecrets['databasePasswords']): string
  stop(): Promise<void>
}

const DATABASE = 'dailyfeed'

/** The database of DATABASE_URL, or the embedded one, with every role and schema of this release. */
export async function startDatabase(
  config: PlatformConfig,
  secrets: DevelopmentSecrets,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<PlatformDatabase> {
  const { ownerUrl, stop } =
    config.DATABASE_URL === undefined
      ? await startEmbedded(config.DATA_DIR, secrets, say, signal)
      : { ownerUrl: config.MIGRATION_DATABASE_URL ?? config.DATABASE_URL, stop: async () => {} }
  try {
    await ensureRoles(ownerUrl, servicePasswordsOf(secrets))
    await migrate(ownerUrl, SCHEMAS, { say })
  } catch (error) {
    await stop()
    throw error
  }
  return {
    ownerUrl,
    stop,
    urlOf(service) {
      const url = new URL(ownerUrl)
      url.username = roleOf(service)
      url.password = secrets.databasePasswords[service]
      return url.href
    },
  }
}

async function startEmbedded(
  dataDir: string,
  secrets: DevelopmentSecrets,
  say: (line: string) => void,
  signal: AbortSignal,
) {
  const { folder, notice } = await clusterFolderOf(dataDir)
  if (notice !== undefined) say(notice)
  const server = await startGuardedPostgres({
    folder,
    ownerPassword: secrets.databasePasswords.owner,
    say,
    signal,
  })
  try {
    await ensureDatabase(server.urlOf('postgres'))
  } catch (error) {
    await server.stop()
    throw error
  }
  return { ownerUrl: server.urlOf(DATABASE), stop: () => server.stop() }
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const admin = postgres(adminUrl, { max: 1, onnotice() {} })
  try {
    const [row] = await admin<
      [{ exists: boolean }]
    >`select exists (select from pg_database where datname = ${DATABASE}) as exists`
    if (row.exists) return
    await admin`set default_transaction_read_only = off`
    await admin.unsafe(`create database ${DATABASE}`)
  } finally {
    await admin.end({ timeout: 5 })
  }
}
