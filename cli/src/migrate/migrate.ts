import {
  developmentSecretsOf,
  servicePasswordsOf,
} from '@dailyfeed/configuration/development-secrets'
import { SCHEMAS } from '@dailyfeed/platform/schemas'
import { migrate } from '@dailyfeed/postgres-support/migrate'
import { ensureRoles } from '@dailyfeed/postgres-support/roles'
import { dataDirOf, ownerUrlOrThrow } from '../installation.ts'

/**
 * Creates the login roles, since migrations grant rights to them, then runs every missing migration and returns their
 * names. Passwords of the logins: `{SERVICE}_DATABASE_PASSWORD`, else those of DATA_DIR.
 */
export async function migrateAll(env: NodeJS.ProcessEnv): Promise<string[]> {
  const ownerUrl = await ownerUrlOrThrow(env)
  const local = servicePasswordsOf(developmentSecretsOf(dataDirOf(env)))
  const passwords = Object.fromEntries(
    Object.entries(local).map(([service, password]) => [
      service,
      env[`${service.toUpperCase()}_DATABASE_PASSWORD`] || password,
    ]),
  )
  await ensureRoles(ownerUrl, passwords)
  return migrate(ownerUrl, SCHEMAS)
}
