import { openTokenVerifier } from '@dailyfeed/access-token/open-token-verifier'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { upstreamUrlsOf } from '@dailyfeed/configuration/upstream-settings'
import { createLog } from '@dailyfeed/http-server/log'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { closePool, openConfiguredPool, openPool } from '@dailyfeed/postgres-support/pool'
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
  const verifier = resources.adopt(openTokenVerifier(config, sql, revocations), (it) => it.close())
  const urls = upstreamUrlsOf('batch', config)
  const internalToken = config.INTERNAL_TOKEN
  const owners = resources.adopt(openOwnerClients({ urls, internalToken }), (it) => it.close())
  const jobOwners = resources.adopt(openJobOwners(urls, internalToken), (it) =>
    withinMoments(it.close()),
  )
  const context = { sql, verifier, owners, jobOwners, log }
  const app = await batchApp({ config, context, log })
  const stopScheduler = startScheduler(context, config.TOPIC_TIME_ZONE)
  resources.defer(async () => stopScheduler())
  return await listen({ name: 'batch-svc', app, host: config.HOST, port: config.PORT, resources })
}

/** Runs one job without the service: what a CronJob starts. */
export async function runOneJob(config: BatchConfig, name: string): Promise<JobReport> {
  const sql = openPool({ url: config.DATABASE_URL, max: 2, name: `batch ${name}` })
  const jobOwners = openJobOwners(upstreamUrlsOf('batch', config), config.INTERNAL_TOKEN)
  const silent = () => {}
  try {
    return await runJob(
      { sql, jobOwners, log: { info: silent, warn: silent, error: silent } },
      name,
    )
  } finally {
    await jobOwners.close()
    await closePool(sql)
  }
}

/** Does not wait for a job in progress: its lease expires, and the next run marks it ABANDONED. */
const withinMoments = (closing: Promise<void>) =>
  Promise.race([closing, new Promise<void>((resolve) => setTimeout(resolve, 2_000).unref())])
