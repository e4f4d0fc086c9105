import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chmod } from 'node:fs/promises'
import { SCHEMA_OWNERS } from '@dailyfeed/contract/services'
import { startEmbeddedPostgres } from '@dailyfeed/platform/postgres/embedded-postgres'
import { SCHEMAS } from '@dailyfeed/platform/schemas'
import { migrate } from '@dailyfeed/postgres-support/migrate'
import { ensureRoles } from '@dailyfeed/postgres-support/roles'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'

export { SCHEMAS }

export const TEST_PASSWORD = 'only-for-tests'
export const TEMPLATE = 'dailyfeed_template'

declare module 'vitest' {
  interface ProvidedContext {
    /** The owner's address of the template; each test database is a copy of it. */
    templateUrl: string
  }
}

/**
 * Starts one real PostgreSQL for all test files of a run, with a migrated template. It runs without
 * fsync, since no test simulates a power failure.
 */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'dailyfeed-test-'))
  await chmod(folder, 0o755)
  const server = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    ownerPassword: TEST_PASSWORD,
    settings: ['fsync=off', 'full_page_writes=off', 'max_connections=200'],
  })
  const admin = postgres(server.urlOf('postgres'), { max: 1, onnotice() {} })
  await admin.unsafe(`create database ${TEMPLATE}`)
  await admin.end()
  await ensureRoles(
    server.urlOf(TEMPLATE),
    Object.fromEntries(SCHEMA_OWNERS.map((service) => [service, TEST_PASSWORD])),
  )
  await migrate(server.urlOf(TEMPLATE), SCHEMAS)
  const template = postgres(server.urlOf(TEMPLATE), { max: 1, onnotice() {} })
  // Autovacuum would come too late for a copy that lives for seconds. With the statistics that it
  // would collect, the tests of random histories take a third of the time.
  await template`vacuum analyze`
  await template.end()
  project.provide('templateUrl', server.urlOf(TEMPLATE))
  return async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
