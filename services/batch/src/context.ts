import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { Log } from '@dailyfeed/http-server/log'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'
import type { JobOwners } from './job/job-owners.ts'
import type { OwnerClients } from './owner/owner-clients.ts'

/** The context of jobs, in the service and on the command line. */
export interface JobContext {
  sql: Sql
  jobOwners: JobOwners
  log: Pick<Log, 'info' | 'warn' | 'error'>
}

/** The context of administrative routes. */
export interface AdminContext extends JobContext {
  verifier: TokenVerifier
  owners: OwnerClients
  /** Shares the counts of rate limits between processes; undefined without Redis. */
  redis?: RedisClient | undefined
}
