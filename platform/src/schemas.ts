import { SCHEMA_OWNERS } from '@dailyfeed/contract/services'
import type { SchemaMigrations } from '@dailyfeed/postgres-support/migrate'
import { MODULE_SCHEMAS, schemaOf } from '@dailyfeed/postgres-support/schema-folders'

/** Every schema, in an order in which the objects that its views and grants name exist already. */
export const SCHEMAS: readonly SchemaMigrations[] = [
  ...MODULE_SCHEMAS,
  ...SCHEMA_OWNERS.map(schemaOf),
]
