import { join } from 'node:path'
import type { SchemaMigrations } from '@dailyfeed/postgres-support/migrate'

export const timelineMigrations: SchemaMigrations = { schema: 'timeline', folder: join(import.meta.dirname, '..', 'migrations') }
