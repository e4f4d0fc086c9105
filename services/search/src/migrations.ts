import { join } from 'node:path'
import type { SchemaMigrations } from '@dailyfeed/postgres-support/migrate'

export const searchMigrations: SchemaMigrations = { schema: 'search', folder: join(import.meta.dirname, '..', 'migrations') }
