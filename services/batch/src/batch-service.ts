import { openTokenVerifier } from '@dailyfeed/access-token/open-token-verifier'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { createLog } from '@dailyfeed/http-server/log'
import { registerServiceCalls } from '@dailyfeed/http-server/service-calls'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { StartWait } from '@dailyfeed/http-server/start-wait'
import { databaseDependency } from '@dailyfeed/postgres-support/availability'
import { closePool, openConfiguredPool, openPool } from '@dailyfeed/postgres-support/pool'
import { databaseNeed } from '@dailyfeed/postgres-support/schema-version'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import { ServiceCalls } from '@dailyfeed/service-client/service-calls'
import { batchApp } from './batch-app.ts'
import type { BatchConfig } from './config.ts'
import { openJobOwners } from './job/job-owners.ts'
import { type JobReport, runJob } from './job/job.service.ts'
import { startScheduler } from './job/scheduler.ts'
import { openOwnerClients } from './owner/owner-clients.ts'

/** Parts that a process which runs every service shares between them; a service on its own has none. */
interface BatchServiceOptions {
  revocations?: Revocations
}

export async function startBatchService(
  config: BatchConfig,
  { revocations }: BatchServiceOptions = {},
): Promise<RunningService> {
  const log = createLog('batch', config.LOG_LEVEL)
  await using resources = new AsyncDisposableStack()
  const sql = resources.adopt(openConfiguredPool(config, 'batch-svc'), closePool)
  await using startWait = new StartWait({ service: 'batch', config, log })
  await startWait.until(databaseNeed(sql, 'batch'))
  const verifier = resources.adopt(openTokenVerifier(config, sql, revocations), (it) => it.close())
  const calls = new ServiceCalls<'batch'>(config, log)
  resources.defer(() => withinMoments(calls.close()))
  const owners = openOwnerClients(calls)
  const jobOwners = openJobOwners(calls)
  const redis = config.REDIS_URL === undefined ? undefined : openRedis(config.REDIS_URL)
  resources.defer(async () => redis?.close())
  const context = { sql, verifier, owners, jobOwners, log, redis }
  const app = await batchApp({ config, context, log })
  registerServiceCalls(app, [...calls.clients, verifier.keySetClient])
  const stopScheduler = startScheduler(context, config.TOPIC_TIME_ZONE)
  resources.defer(async () => stopScheduler())
  return await listen({
    name: 'batch-svc',
    app,
    config,
    dependencies: [databaseDependency(sql), verifier.keySet],
    resources,
    startWait,
  })
}

/** Runs one job without the service: what a CronJob starts. */
export async function runOneJob(config: BatchConfig, name: string): Promise<JobReport> {
  const sql = openPool({ url: config.DATABASE_URL, max: 2, name: `batch ${name}` })
  const calls = new ServiceCalls<'batch'>(config)
  const jobOwners = openJobOwners(calls)
  const silent = () => {}
  try {
    return await runJob(
      { sql, jobOwners, log: { info: silent, warn: silent, error: silent } },
      name,
    )
  } finally {
    await calls.close()
    await closePool(sql)
  }
}

/** Does not wait for a job in progress: its lease expires, and the next run marks it ABANDONED. */
const withinMoments = (closing: Promise<void>) =>
  Promise.race([closing, new Promise<void>((resolve) => setTimeout(resolve, 2_000).unref())])
