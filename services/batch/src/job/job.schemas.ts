import { Instant, nullable } from '@dailyfeed/contract/field'
import Type from 'typebox'

const Figures = Type.Record(Type.String(), Type.Number(), {
  description: 'What the job did, summed over its owners',
})

export const JobState = Type.Object({
  job: Type.String(),
  owners: Type.Array(Type.String()),
  schedule: nullable(Type.String({ description: 'Cron expression in TOPIC_TIME_ZONE' })),
  lastRun: nullable(
    Type.Object({
      startedAt: Instant,
      endedAt: nullable(Instant),
      outcome: nullable(Type.String()),
      figures: nullable(Figures),
      error: nullable(Type.String()),
    }),
  ),
})
export type JobState = Type.Static<typeof JobState>

export const JobOutcome = Type.Object({
  outcome: Type.String({
    description:
      'SUCCEEDED, FAILED, RUNS_ALREADY, or STILL_RUNNING: the list of jobs shows its outcome later',
  }),
  figures: Type.Optional(Figures),
  error: Type.Optional(Type.String()),
})
