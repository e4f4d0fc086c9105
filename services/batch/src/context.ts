import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import type { Owners } from './job/owners.ts'

export interface BatchContext {
  sql: Sql
  owners: Owners
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
}
