import { join } from 'node:path'
import type { SchemaMigrations } from './migrate.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')

/** Schemas of modules, with functions and tables that the schemas of services use. */
export const MODULE_SCHEMAS: readonly SchemaMigrations[] = [
  { schema: 'event_support', folder: join(ROOT, 'modules', 'outbox', 'migrations') },
  { schema: 'idempotency', folder: join(ROOT, 'modules', 'idempotency', 'migrations') },
]

/** The schema that a service owns; both have the same name. */
export const schemaOf = (service: string): SchemaMigrations => ({
  schema: service,
  folder: join(ROOT, 'services', service, 'migrations'),
})
