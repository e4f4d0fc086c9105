import { findJob, unknownJob } from '@dailyfeed/batch/job/job-table'
import { createOwners } from '@dailyfeed/batch/job/owners'
import { CommandError } from './installation.ts'
import { servicesOrThrow } from './services.ts'

/** Asks the owners of a job, of the installation that runs here, with batch-svc's own credential. Sums what they did. */
export async function requestJob(
  env: NodeJS.ProcessEnv,
  name: string,
): Promise<Record<string, number>> {
  const job = findJob(name)
  if (job === undefined) throw new CommandError(unknownJob(name))
  const { urls, internalToken } = await servicesOrThrow(env)
  const owners = createOwners(urls, internalToken)
  const sum: Record<string, number> = {}
  try {
    for (const owner of job.owners) {
      for (const [figure, value] of Object.entries(await owners.runJob(owner, name)))
        sum[figure] = (sum[figure] ?? 0) + value
    }
    return sum
  } catch (error) {
    throw new CommandError(`${name} failed: ${error instanceof Error ? error.message : error}`)
  } finally {
    await owners.close()
  }
}
