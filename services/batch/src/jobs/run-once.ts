import { openPool } from '@dailyfeed/postgres-support/pool'
import type { BatchConfig } from '../config.ts'
import { createOwners } from '../owners.ts'
import { getJobNameOrThrow, runJob } from './job.service.ts'

export class JobFailedError extends Error {
  override name = 'JobFailedError'
}

/** The command's one line says it all. */
const SILENT = { info() {}, warn() {}, error() {} }

/** One job in a process of its own. Returns what it came to in one line; throws where it failed or is under way. */
export async function runOnce(readConfig: () => BatchConfig, name: string): Promise<string> {
  const job = getJobNameOrThrow(name)
  const config = readConfig()
  const sql = openPool({ url: config.DATABASE_URL, max: 4, name: 'batch-svc' })
  const owners = createOwners(config)
  try {
    const { outcome, runs, error } = await runJob({ sql, owners, log: SILENT }, job)
    if (outcome === 'ALREADY_RUNNING') throw new JobFailedError(`${job} is under way already`)
    if (outcome === 'FAILED') throw new JobFailedError(`${job} failed: ${error}`)
    return `${job} done: ${runs.map(({ service, figures }) => `${service} ${JSON.stringify(figures)}`).join(', ')}`
  } finally {
    await owners.close()
    await sql.end({ timeout: 5 })
  }
}
