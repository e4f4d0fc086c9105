import { Cron } from 'croner'
import type { BatchContext } from '../context.ts'
import { endRun } from './job-run.queries.ts'
import { type StartedJob, startJob } from './job.service.ts'
import { JOB_NAMES, type JobName, jobOf } from './job-table.ts'

export interface Scheduler {
  /** Starts a job outside its schedule; undefined where it is under way, here or in another instance. */
  start(job: JobName): Promise<StartedJob | undefined>
  /** Starts no more, waits a little for what is under way, and gives up the rest in the history. */
  stop(): Promise<void>
}

const STOP_MILLISECONDS = 4_000

export function createScheduler(context: BatchContext): Scheduler {
  const underWay = new Set<StartedJob>()

  async function start(job: JobName): Promise<StartedJob | undefined> {
    const started = await startJob(context, job)
    if (started === undefined) return undefined
    underWay.add(started)
    const forget = () => void underWay.delete(started)
    started.ended.then(forget, (error) => {
      forget()
      context.log.error({ job, reason: error instanceof Error ? error.message : String(error) }, 'the end of a job could not be recorded')
    })
    return started
  }

  return {
    start,
    async stop() {
      const ends = Promise.allSettled([...underWay].map(({ ended }) => ended))
      let timer: NodeJS.Timeout | undefined
      await Promise.race([ends, new Promise((resolve) => { timer = setTimeout(resolve, STOP_MILLISECONDS) })])
      clearTimeout(timer)
      const left = [...underWay].flatMap(({ runs }) => runs)
      await Promise.all(left.map(({ id }) => endRun(context.sql, id, { outcome: 'ABANDONED', error: 'batch-svc stopped before it ended' })))
    },
  }
}

/** Every job that has a time, at its time. Returns what stops them. */
export function schedule({ log }: BatchContext, scheduler: Scheduler, timezone: string): () => void {
  const crons = JOB_NAMES.flatMap((job) => {
    const { cron } = jobOf(job)
    if (cron === undefined) return []
    const failed = (error: unknown) => log.error({ job, reason: error instanceof Error ? error.message : String(error) }, 'job could not be started')
    return [new Cron(cron, { timezone, protect: true, catch: failed }, async () => void (await (await scheduler.start(job))?.ended))]
  })
  return () => {
    for (const cron of crons) cron.stop()
  }
}
