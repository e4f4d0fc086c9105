import { PostgresRevocations, type Revocations } from '@dailyfeed/access-token/revocations'
import { createTokenVerifier, remoteKeys } from '@dailyfeed/access-token/token-verifier'
import { deliverOverHttp } from '@dailyfeed/deadletter-support/http-delivery'
import { createListener } from '@dailyfeed/deadletter-support/listener'
import { createNewEventOf } from '@dailyfeed/deadletter-support/outbox'
import { type Relay, startRelay } from '@dailyfeed/deadletter-support/relay'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { createServiceClient } from '@dailyfeed/service-client/service-client'
import type { ContentConfig } from './config.ts'
import { contentApp } from './content-app.ts'
import { countViews } from './view/view.listener.ts'

interface ContentServiceOptions {
  /** Of the process in which all services run; alone, revocations are asked of PostgreSQL. */
  revocations?: Revocations
}

export async function startContentService(config: ContentConfig, options: ContentServiceOptions = {}): Promise<RunningService> {
  const sql = openPool({ url: config.DATABASE_URL, max: config.DATABASE_POOL_MAX, name: 'content-svc' })
  const verifier = createTokenVerifier({
    keys: remoteKeys(config.JWKS_URL, config.JWKS_CACHE_SECONDS),
    revocations: options.revocations ?? new PostgresRevocations(sql),
  })

  let relay: Relay | undefined
  const context = { sql, newEventOf: createNewEventOf(config.TOPIC_TIME_ZONE), wakeRelay: () => relay?.wake() }
  const app = await contentApp({
    config,
    context,
    verifier,
    listenerOf: ({ log }) => createListener({ sql, schema: 'content', steps: [countViews], log }),
  })
  const subscribers = {
    activity: createServiceClient({ service: 'activity', baseUrl: config.ACTIVITY_URL, internalToken: config.INTERNAL_TOKEN }),
    search: createServiceClient({ service: 'search', baseUrl: config.SEARCH_URL, internalToken: config.INTERNAL_TOKEN }),
  }
  relay = startRelay({
    sql,
    schema: 'content',
    destinations: { activity: deliverOverHttp(subscribers.activity), search: deliverOverHttp(subscribers.search) },
    log: app.log,
  })
  return listen({
    name: 'content-svc',
    app,
    host: config.HOST,
    port: config.PORT,
    closeAfter: [() => relay.stop(), ...Object.values(subscribers).map((client) => () => client.close()), () => sql.end({ timeout: 5 })],
  })
}
