import { PostgresRevocations, type Revocations } from '@dailyfeed/access-token/revocations'
import { createTokenVerifier, remoteKeys } from '@dailyfeed/access-token/token-verifier'
import { createListener, type ListenerStep } from '@dailyfeed/deadletter-support/listener'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { activityApp } from './activity-app.ts'
import type { ActivityConfig } from './config.ts'
import { notifyMembers } from './notification/notification.listener.ts'
import { recordActivities } from './record/record.listener.ts'

interface ActivityServiceOptions {
  /** Of the process in which all services run; alone, revocations are asked of PostgreSQL. */
  revocations?: Revocations
}

/** In this order, each with failures and dead letters of its own. */
export const listenerSteps: readonly ListenerStep[] = [recordActivities, notifyMembers]

export async function startActivityService(config: ActivityConfig, options: ActivityServiceOptions = {}): Promise<RunningService> {
  const sql = openPool({ url: config.DATABASE_URL, max: config.DATABASE_POOL_MAX, name: 'activity-svc' })
  const verifier = createTokenVerifier({
    keys: remoteKeys(config.JWKS_URL, config.JWKS_CACHE_SECONDS),
    revocations: options.revocations ?? new PostgresRevocations(sql),
  })
  const app = await activityApp({
    config,
    context: { sql, cursors: createCursors(config.CURSOR_KEY, config.CURSOR_KEY_PREVIOUS), topicTimeZone: config.TOPIC_TIME_ZONE },
    verifier,
    listenerOf: ({ log }) => createListener({ sql, schema: 'activity', steps: listenerSteps, log }),
  })
  return listen({ name: 'activity-svc', app, host: config.HOST, port: config.PORT, closeAfter: [() => sql.end({ timeout: 5 })] })
}
