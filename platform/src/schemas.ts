import { join } from 'node:path'
import type { SchemaMigrations } from '@dailyfeed/postgres-support/migrate'

const ROOT = join(import.meta.dirname, '..', '..')

/** Every schema, in an order in which each finds what its views and grants name. */
export const SCHEMAS: readonly SchemaMigrations[] = [
  { schema: 'event_support', folder: join(ROOT, 'modules', 'outbox', 'migrations') },
  { schema: 'idempotency', folder: join(ROOT, 'modules', 'idempotency', 'migrations') },
  ...['member', 'content', 'timeline', 'activity', 'search', 'image', 'batch'].map((schema) => ({
    schema,
    folder: join(ROOT, 'services', schema, 'migrations'),
  })),
]
