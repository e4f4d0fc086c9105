import { join } from 'node:path'
import { SCHEMA_OWNERS } from '@dailyfeed/contract/services'
import type { SchemaMigrations } from '@dailyfeed/postgres-support/migrate'

const ROOT = join(import.meta.dirname, '..', '..')

/** Every schema, in an order in which the objects that its views and grants name exist already. */
export const SCHEMAS: readonly SchemaMigrations[] = [
  { schema: 'event_support', folder: join(ROOT, 'modules', 'outbox', 'migrations') },
  { schema: 'idempotency', folder: join(ROOT, 'modules', 'idempotency', 'migrations') },
  ...SCHEMA_OWNERS.map((schema) => ({
    schema,
    folder: join(ROOT, 'services', schema, 'migrations'),
  })),
]
