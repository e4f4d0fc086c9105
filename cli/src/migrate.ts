import { developmentSecretsOf } from '@dailyfeed/configuration/development-secrets'
import { migrate } from '@dailyfeed/postgres-support/migrate'
import { ensureRoles } from '@dailyfeed/postgres-support/roles'
import { SCHEMAS } from '@dailyfeed/platform/schemas'
import { dataDirOf, ownerUrlOrThrow } from './installation.ts'

/** Login roles first, since migrations grant to them. Their passwords: `{SERVICE}_DATABASE_PASSWORD`, or those of DATA_DIR. */
export async function migrateAll(env: NodeJS.ProcessEnv): Promise<string[]> {
  const ownerUrl = await ownerUrlOrThrow(env)
  const {
    owner: _owner,
    gateway: _gateway,
    ...local
  } = developmentSecretsOf(dataDirOf(env)).databasePasswords
  const passwords = Object.fromEntries(
    Object.entries(local).map(([service, password]) => [
      service,
      env[`${service.toUpperCase()}_DATABASE_PASSWORD`] || password,
    ]),
  )
  await ensureRoles(ownerUrl, passwords)
  return migrate(ownerUrl, SCHEMAS)
}
