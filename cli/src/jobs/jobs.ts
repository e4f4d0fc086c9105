import { openJobOwners } from '@dailyfeed/batch/job/job-owners'
import { findJob, unknownJobMessage } from '@dailyfeed/batch/job/job-table'
import { CommandError } from '../installation.ts'
import { withCalls } from '../services.ts'

/**
 * Runs a job at its owners with batch-svc's credential, without a lease or an entry in the job history. Returns the sum
 * of the owners' figures. Throws a CommandError for an unknown job and when an owner fails.
 */
export async function requestJob(
  env: NodeJS.ProcessEnv,
  name: string,
): Promise<Record<string, number>> {
  const job = findJob(name)
  if (job === undefined) throw new CommandError(unknownJobMessage(name))
  const sum: Record<string, number> = {}
  return withCalls(env, async (calls) => {
    const jobOwners = openJobOwners(calls)
    try {
      for (const owner of job.owners) {
        for (const [figure, value] of Object.entries(await jobOwners.runJob(owner, name)))
          sum[figure] = (sum[figure] ?? 0) + value
      }
      return sum
    } catch (error) {
      throw new CommandError(`${name} failed: ${error instanceof Error ? error.message : error}`)
    }
  })
}
