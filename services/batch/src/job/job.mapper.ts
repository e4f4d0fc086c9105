import type { LastRunRow } from './job.queries.ts'
import type { JobState } from './job.schemas.ts'
import type { JobDefinition } from './job-table.ts'

export const toJobState = (
  job: string,
  { owners, schedule }: JobDefinition,
  lastRun: LastRunRow | undefined,
): JobState => ({
  job,
  owners: [...owners],
  schedule: schedule ?? null,
  lastRun:
    lastRun === undefined
      ? null
      : {
          startedAt: lastRun.started_at.toISOString(),
          endedAt: lastRun.ended_at?.toISOString() ?? null,
          outcome: lastRun.outcome,
          figures: lastRun.figures,
          error: lastRun.error,
        },
})
