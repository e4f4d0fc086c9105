import { openRevocations } from '@dailyfeed/access-token/open-revocations'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { createTokenVerifier, remoteKeys } from '@dailyfeed/access-token/token-verifier'
import { upstreamUrlsOf } from '@dailyfeed/configuration/upstream-settings'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { batchApp } from './batch-app.ts'
import type { BatchConfig } from './config.ts'
import { createDeadLetterOwners } from './dead-letter/dead-letter-owners.ts'
import { type JobReport, runJob } from './job/job.service.ts'
import { createOwners } from './job/owners.ts'
import { startScheduler } from './job/scheduler.ts'
import { createTopicOwners } from './topic/topic.service.ts'

export async function startBatchService(
  config: BatchConfig,
  options: { revocations?: Revocations } = {},
): Promise<RunningService> {
  const sql = openPool({
    url: config.DATABASE_URL,
    max: config.DATABASE_POOL_MAX,
    name: 'batch-svc',
  })
  const revocations = options.revocations ?? openRevocations(sql, config.REDIS_URL)
  const verifier = createTokenVerifier({
    keys: remoteKeys(config.JWKS_URL, config.JWKS_CACHE_SECONDS),
    revocations,
  })
  const owners = createOwners(upstreamUrlsOf('batch', config), config.INTERNAL_TOKEN)
  const deadLetterOwners = createDeadLetterOwners(
    upstreamUrlsOf('batch', config),
    config.INTERNAL_TOKEN,
  )
  const topicOwners = createTopicOwners(upstreamUrlsOf('batch', config), config.INTERNAL_TOKEN)
  const { app, context } = await batchApp({
    config,
    sql,
    owners,
    deadLetterOwners,
    topicOwners,
    verifier,
  })
  const stopScheduler = startScheduler(context, config.TOPIC_TIME_ZONE)
  return listen({
    name: 'batch-svc',
    app,
    host: config.HOST,
    port: config.PORT,
    closeAfter: [
      async () => stopScheduler(),
      () => withinMoments(owners.close()),
      () => deadLetterOwners.close(),
      () => revocations.close(),
      () => sql.end({ timeout: 5 }),
    ],
  })
}

/** One job, without the service: what a CronJob runs. */
export async function runOneJob(config: BatchConfig, name: string): Promise<JobReport> {
  const sql = openPool({ url: config.DATABASE_URL, max: 2, name: `batch ${name}` })
  const owners = createOwners(upstreamUrlsOf('batch', config), config.INTERNAL_TOKEN)
  const silent = () => {}
  try {
    return await runJob({ sql, owners, log: { info: silent, warn: silent, error: silent } }, name)
  } finally {
    await owners.close()
    await sql.end({ timeout: 5 })
  }
}

/** A job that an owner is still at is not waited for: its lease ends, and the next run marks it ABANDONED. */
const withinMoments = (closing: Promise<void>) =>
  Promise.race([closing, new Promise<void>((resolve) => setTimeout(resolve, 2_000).unref())])
