import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import { Gauge } from 'prom-client'
import { checkTomorrow, createTopics, deleteOldTopics, type TopicContext } from './topic.service.ts'

const CHECK_EVERY_MILLISECONDS = 300_000

/**
 * content-svc maintains the dated topics: it creates those of today and tomorrow when it starts,
 * offers the jobs that create and delete topics, and checks every five minutes that tomorrow's
 * exists. Without Kafka the jobs do nothing.
 */
export function registerTopicUpkeep(app: HttpServer, context: TopicContext | undefined): void {
  registerJobs(app, {
    kafkaTopicCreateJob: async () => ({
      created: context === undefined ? 0 : await createTopics(context),
    }),
    kafkaTopicDeleteJob: async () =>
      context === undefined ? { deleted: 0, left: 0 } : { ...(await deleteOldTopics(context)) },
  })
  if (context === undefined) return

  const tomorrow = new Gauge({
    name: 'topic_of_tomorrow',
    help: '1 if tomorrow’s topic exists',
    registers: [app.metrics],
  })
  const check = async () => {
    try {
      tomorrow.set((await checkTomorrow(context)) ? 1 : 0)
    } catch (err) {
      context.log.warn(
        { err },
        'existence of tomorrow’s topic cannot be checked; next check in five minutes',
      )
    }
  }
  let timer: NodeJS.Timeout | undefined
  app.addHook('onListen', async () => {
    createTopics(context)
      .catch((err) =>
        context.log.warn(
          { err },
          'topics of today and tomorrow not created; the first event of the day or kafkaTopicCreateJob creates them',
        ),
      )
      .then(check)
    timer = setInterval(check, CHECK_EVERY_MILLISECONDS)
    timer.unref()
  })
  app.addHook('onClose', async () => clearInterval(timer))
}
