import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { Log } from '@dailyfeed/http-server/log'
import type { Sql } from 'postgres'
import type { DeadLetterOwners } from './dead-letter/dead-letter-owners.ts'
import type { Owners } from './job/owners.ts'
import type { TopicOwners } from './topic/topic.service.ts'

/** What jobs need, in the service and from the command line. */
export interface BatchContext {
  sql: Sql
  owners: Owners
  log: Pick<Log, 'info' | 'warn' | 'error'>
}

/** What the routes of administrators need besides. */
export interface AdminContext extends BatchContext {
  verifier: TokenVerifier
  deadLetterOwners: DeadLetterOwners
  topicOwners: TopicOwners
}
