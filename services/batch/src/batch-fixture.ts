import { SERVICES, type ServiceName, urlSettingOf } from '@dailyfeed/contract/services'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { createLog } from '@dailyfeed/http-server/log'
import { closePool, openPool } from '@dailyfeed/postgres-support/pool'
import { type TestDatabase, testDatabase } from '@dailyfeed/tests/database'
import { ServiceCalls } from '@dailyfeed/service-client/service-calls'
import { type Answer, ask, clientOf, type TestRequest } from '@dailyfeed/tests/http-client'
import { insertMember } from '@dailyfeed/tests/members'
import { type TestTokens, testTokens } from '@dailyfeed/tests/tokens'
import type { Sql } from 'postgres'
import { batchApp } from './batch-app.ts'
import { readBatchConfigOrThrow } from './config.ts'
import type { JobOwners } from './job/job-owners.ts'
import { openOwnerClients } from './owner/owner-clients.ts'

export const BATCH_TOKEN = 'the-token-of-batch-svc-in-tests-only-x'
/** Nothing listens there. */
export const NOWHERE = 'http://127.0.0.1:1'

export interface BatchFixture {
  app: HttpServer
  sql: Sql
  tokens: TestTokens
  /** Id of a member who is an administrator. */
  admin: number
  /** Sends a request as the administrator, unless `as` names somebody else. */
  ask(request: TestRequest): Promise<Answer>
  close(): Promise<void>
}

interface BatchFixtureOptions {
  database: TestDatabase
  tokens: TestTokens
  /** Addresses of owners that run in the test; the others are unreachable. */
  urls?: Partial<Record<ServiceName, string>>
  jobOwners?: JobOwners
}

export async function batchDatabase(): Promise<{ database: TestDatabase; tokens: TestTokens }> {
  const [database, tokens] = await Promise.all([testDatabase(), testTokens()])
  return { database, tokens }
}

/** batch-svc without its network and scheduler: the real routes over a real database. */
export async function batchFixture({
  database,
  tokens,
  urls = {},
  jobOwners = { runJob: async () => ({}) },
}: BatchFixtureOptions): Promise<BatchFixture> {
  const config = readBatchConfigOrThrow({
    DATABASE_URL: database.urlOf('batch'),
    LOG_LEVEL: 'silent',
    INTERNAL_TOKEN: BATCH_TOKEN,
    INTERNAL_CALLERS: 'gateway:'.padEnd(72, '0'),
    ...Object.fromEntries(
      SERVICES.batch.calls.map((owner) => [urlSettingOf(owner), urls[owner] ?? NOWHERE]),
    ),
  })
  const sql = openPool({ url: config.DATABASE_URL, max: 4, name: 'batch-test' })
  const calls = new ServiceCalls<'batch'>(config)
  const owners = openOwnerClients(calls)
  const log = createLog('batch', config.LOG_LEVEL)
  const app = await batchApp({
    config,
    context: { sql, verifier: tokens.verifier, owners, jobOwners, log },
    log,
  })
  const admin = await insertMember(database.sql, 'operator')
  await database.sql`update member.member set role = 'ADMIN' where id = ${admin}`
  const client = clientOf(app, tokens.bearerOf)
  return {
    app,
    sql,
    tokens,
    admin,
    ask: (request) => ask(client, { as: admin, ...request }),
    async close() {
      await app.close()
      await calls.close()
      await closePool(sql)
    },
  }
}
