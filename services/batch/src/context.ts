import type { FastifyBaseLogger } from 'fastify'
import type { Sql } from 'postgres'
import type { DeadLetterOwners } from './dead-letter/dead-letter-owners.ts'
import type { Owners } from './job/owners.ts'
import type { TopicOwners } from './topic/topic.service.ts'

export interface BatchContext {
  sql: Sql
  owners: Owners
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
}

/** What the routes may use beyond that. */
export interface AdminContext extends BatchContext {
  deadLetterOwners: DeadLetterOwners
  topicOwners: TopicOwners
}
