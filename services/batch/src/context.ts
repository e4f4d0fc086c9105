import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import type { Log } from '@dailyfeed/http-server/log'
import type { Sql } from 'postgres'
import type { JobOwners } from './job/job-owners.ts'
import type { OwnerClients } from './owner/owner-clients.ts'

/** What jobs need, in the service and from the command line. */
export interface JobContext {
  sql: Sql
  jobOwners: JobOwners
  log: Pick<Log, 'info' | 'warn' | 'error'>
}

/** What the routes of administrators need besides. */
export interface AdminContext extends JobContext {
  verifier: TokenVerifier
  owners: OwnerClients
}
