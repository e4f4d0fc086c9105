import {
  type DevelopmentSecrets,
  servicePasswordsOf,
} from '@dailyfeed/configuration/development-secrets'
import { migrate } from '@dailyfeed/postgres-support/migrate'
import { ensureRoles, roleOf } from '@dailyfeed/postgres-support/roles'
import postgres from 'postgres'
import type { PlatformConfig } from './config.ts'
import { clusterFolderOf } from './postgres/cluster-folder.ts'
import { startEmbeddedPostgres } from './postgres/embedded-postgres.ts'
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
): Promise<PlatformDatabase> {
  const { ownerUrl, stop } =
    config.DATABASE_URL === undefined
      ? await startEmbedded(config.DATA_DIR, secrets, say)
      : { ownerUrl: config.MIGRATION_DATABASE_URL ?? config.DATABASE_URL, stop: async () => {} }
  try {
    await ensureRoles(ownerUrl, servicePasswordsOf(secrets))
    await migrate(ownerUrl, SCHEMAS)
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
) {
  const { folder, notice } = await clusterFolderOf(dataDir)
  if (notice !== undefined) say(notice)
  const server = await startEmbeddedPostgres({
    folder,
    ownerPassword: secrets.databasePasswords.owner,
    onCrash: say,
  })
  const admin = postgres(server.urlOf('postgres'), { max: 1, onnotice() {} })
  try {
    const [row] = await admin<
      [{ exists: boolean }]
    >`select exists (select from pg_database where datname = ${DATABASE}) as exists`
    if (!row.exists) await admin.unsafe(`create database ${DATABASE}`)
  } finally {
    await admin.end({ timeout: 5 })
  }
  return { ownerUrl: server.urlOf(DATABASE), stop: () => server.stop() }
}
