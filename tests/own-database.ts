import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type DevelopmentSecrets,
  developmentSecretsOf,
  servicePasswordsOf,
} from '@dailyfeed/configuration/development-secrets'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '@dailyfeed/platform/postgres/embedded-postgres'
import { SCHEMAS } from '@dailyfeed/platform/schemas'
import { migrate } from '@dailyfeed/postgres-support/migrate'
import { ensureRoles, roleOf } from '@dailyfeed/postgres-support/roles'
import postgres from 'postgres'

export interface OwnDatabase {
  /** A DATA_DIR with the development secrets and the server's files. */
  folder: string
  secrets: DevelopmentSecrets
  server: EmbeddedPostgres
  ownerUrl: string
  /** The URL with the service's own login. */
  urlOf(service: keyof DevelopmentSecrets['databasePasswords']): string
  /** Stops the server and removes the folder. */
  stop(): Promise<void>
}

/**
 * Starts a PostgreSQL with every schema, as durable as in production, for tests and benches that
 * stop, kill or measure it.
 */
export async function startOwnDatabase(settings: readonly string[] = []): Promise<OwnDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'dailyfeed-own-'))
  await chmod(folder, 0o755)
  const secrets = developmentSecretsOf(folder)
  const server = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    ownerPassword: secrets.databasePasswords.owner,
    settings: [...settings],
  })
  const admin = postgres(server.urlOf('postgres'), { max: 1, onnotice() {} })
  await admin.unsafe('create database dailyfeed')
  await admin.end()
  const ownerUrl = server.urlOf('dailyfeed')
  await ensureRoles(ownerUrl, servicePasswordsOf(secrets))
  await migrate(ownerUrl, SCHEMAS)
  return {
    folder,
    secrets,
    server,
    ownerUrl,
    urlOf: (service) =>
      server.urlOf('dailyfeed', {
        user: roleOf(service),
        password: secrets.databasePasswords[service],
      }),
    async stop() {
      await server.stop()
      // Processes of a killed server may still write for a moment.
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}
