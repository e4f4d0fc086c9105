import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import { Gauge } from 'prom-client'
import { checkTomorrow, createTopics, deleteOldTopics, type TopicContext } from './topic.service.ts'

const LOOK_EVERY_MILLISECONDS = 300_000

/** content-svc looks after the dated topics: at its start, by two jobs, and with an eye on tomorrow. Without Kafka the jobs do nothing. */
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
    help: '1 where tomorrow’s topic is there',
    registers: [app.metrics],
  })
  const look = async () => {
    try {
      tomorrow.set((await checkTomorrow(context)) ? 1 : 0)
    } catch (err) {
      context.log.warn({ err }, 'topics cannot be looked at')
    }
  }
  let looking: NodeJS.Timeout | undefined
  app.addHook('onListen', async () => {
    createTopics(context)
      .catch((err) =>
        context.log.warn(
          { err },
          'topics of today and tomorrow not made yet; the first event of the day and kafkaTopicCreateJob make them',
        ),
      )
      .then(look)
    looking = setInterval(look, LOOK_EVERY_MILLISECONDS)
    looking.unref()
  })
  app.addHook('onClose', async () => clearInterval(looking))
}
