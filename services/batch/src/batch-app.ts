import type { TokenVerifier } from '@dailyfeed/access-token/token-verifier'
import { createHttpServer, type HttpServer } from '@dailyfeed/http-server/http-server'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import type { Sql } from 'postgres'
import { adminRoutes } from './admin/admin.routes.ts'
import type { BatchConfig } from './config.ts'
import type { BatchContext } from './context.ts'
import type { DeadLetterOwners } from './dead-letter/dead-letter-owners.ts'
import { deadLetterRoutes } from './dead-letter/dead-letter.routes.ts'
import type { Owners } from './job/owners.ts'
import { topicRoutes } from './topic/topic.routes.ts'
import type { TopicOwners } from './topic/topic.service.ts'

interface BatchAppOptions {
  config: BatchConfig
  sql: Sql
  owners: Owners
  deadLetterOwners: DeadLetterOwners
  topicOwners: TopicOwners
  verifier: TokenVerifier
}

export async function batchApp({
  config,
  sql,
  owners,
  deadLetterOwners,
  topicOwners,
  verifier,
}: BatchAppOptions): Promise<{ app: HttpServer; context: BatchContext }> {
  const app = await createHttpServer({
    service: 'batch',
    logLevel: config.LOG_LEVEL,
    verifier,
    callers: config.INTERNAL_CALLERS,
    checkReady: async () => void (await sql`select 1`),
    isTransientFault,
  })
  const context = { sql, owners, log: app.log }
  adminRoutes(app, context)
  const adminContext = { ...context, deadLetterOwners, topicOwners }
  deadLetterRoutes(app, adminContext)
  topicRoutes(app, adminContext)
  return { app, context }
}
