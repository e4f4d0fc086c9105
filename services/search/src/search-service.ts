import { openTokenVerifier } from '@dailyfeed/access-token/open-token-verifier'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { LISTENERS } from '@dailyfeed/contract/subscriptions'
import { createLog } from '@dailyfeed/http-server/log'
import { registerServiceCalls } from '@dailyfeed/http-server/service-calls'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { StartWait } from '@dailyfeed/http-server/start-wait'
import { openKafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { kafkaDependency } from '@dailyfeed/kafka-support/kafka-dependency'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { databaseDependency, replicaDependency } from '@dailyfeed/postgres-support/availability'
import { closePool, openConfiguredPool } from '@dailyfeed/postgres-support/pool'
import { databaseNeed } from '@dailyfeed/postgres-support/schema-version'
import { createReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { openRedis } from '@dailyfeed/redis-support/open-redis'
import { redisDependency } from '@dailyfeed/redis-support/redis-dependency'
import { SearchAdmission } from './admission/admission.ts'
import type { SearchConfig } from './config.ts'
import { chooseEngine } from './engine/choose-engine.ts'
import { superviseIndex } from './indexing/index-supervision.ts'
import { searchApp } from './search-app.ts'
import { openSearchReads } from './search-reads.ts'

/**
 * Parts that a process which runs every service shares between them; a service on its own has none.
 */
interface SearchServiceOptions {
  revocations?: Revocations
}

export async function startSearchService(
  config: SearchConfig,
  { revocations }: SearchServiceOptions = {},
): Promise<RunningService> {
  const log = createLog('search', config.LOG_LEVEL)
  await using resources = new AsyncDisposableStack()
  const openReads = (url: string) =>
    resources.adopt(
      openSearchReads({
        url,
        max: config.DATABASE_POOL_MAX,
        queueTimeout: config.DATABASE_QUEUE_TIMEOUT_MILLISECONDS,
        statementTimeout: config.SEARCH_TIMEOUT_MILLISECONDS,
      }),
      closePool,
    )
  const sql = resources.adopt(openConfiguredPool(config, 'search-svc'), closePool)
  await using startWait = new StartWait({ service: 'search', config, log })
  await startWait.until(databaseNeed(sql, 'search'))
  const primary = openReads(config.DATABASE_URL)
  const replica =
    config.DATABASE_READ_URL === undefined ? undefined : openReads(config.DATABASE_READ_URL)
  const verifier = resources.adopt(openTokenVerifier(config, sql, revocations), (it) => it.close())
  const engine = resources.adopt(await chooseEngine(config), (it) => it.close())
  // The index catches up with posts that came without events while requests are already served.
  const supervision = await superviseIndex({ sql, engine }, log)
  resources.defer(() => supervision.stop())
  const redis = config.REDIS_URL === undefined ? undefined : openRedis(config.REDIS_URL)
  resources.defer(async () => redis?.close())
  const kafka = openKafkaCluster(config, { service: 'search', listeners: LISTENERS })
  resources.defer(async () => kafka?.close())

  const app = await searchApp({
    config,
    context: {
      sql,
      engine,
      admission: new SearchAdmission({
        maxInFlight: config.SEARCH_MAX_IN_FLIGHT,
        maxInFlightPerMember: config.SEARCH_MAX_IN_FLIGHT_PER_MEMBER,
      }),
      reads: createReadDatabase({ primary, replica, log }),
      cursors: createCursors(config.CURSOR_KEY, config.CURSOR_KEY_PREVIOUS),
      verifier,
      kafka,
      redis,
    },
    log,
  })
  registerServiceCalls(app, [verifier.keySetClient])
  return await listen({
    name: 'search-svc',
    app,
    config,
    dependencies: [
      databaseDependency(sql),
      verifier.keySet,
      replica && replicaDependency(replica),
      kafka && kafkaDependency(kafka),
      redis && redisDependency(redis),
    ],
    resources,
    startWait,
  })
}
