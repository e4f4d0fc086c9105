import { openRevocations } from '@dailyfeed/access-token/open-revocations'
import type { Revocations } from '@dailyfeed/access-token/revocations'
import { createTokenVerifier, remoteKeys } from '@dailyfeed/access-token/token-verifier'
import { LISTENERS } from '@dailyfeed/contract/subscriptions'
import { listen, type RunningService } from '@dailyfeed/http-server/running-service'
import { openKafkaCluster } from '@dailyfeed/kafka-support/kafka-cluster'
import { createCursors } from '@dailyfeed/pagination-support/cursor'
import { openPool } from '@dailyfeed/postgres-support/pool'
import { openRedis } from '@dailyfeed/redis-support/redis-client'
import type { SearchConfig } from './config.ts'
import { chooseEngine } from './engine/choose-engine.ts'
import { superviseIndex } from './indexing/index-supervision.ts'
import { createReadDatabase } from '@dailyfeed/postgres-support/read-database'
import { searchApp } from './search-app.ts'

interface SearchServiceOptions {
  /** Of the process in which all services run; alone, the service keeps up with them by itself. */
  revocations?: Revocations
}

/** Milliseconds. Longer than any honest search takes, shorter than anybody waits. */
const SEARCH_TIMEOUT = 2_000

export async function startSearchService(
  config: SearchConfig,
  options: SearchServiceOptions = {},
): Promise<RunningService> {
  const sql = openPool({
    url: config.DATABASE_URL,
    max: config.DATABASE_POOL_MAX,
    name: 'search-svc',
  })
  const openReads = (url: string) =>
    openPool({
      url,
      max: config.DATABASE_POOL_MAX,
      name: 'search-svc reads',
      readOnly: true,
      statementTimeout: SEARCH_TIMEOUT,
    })
  const primary = openReads(config.DATABASE_URL)
  const replica =
    config.DATABASE_READ_URL === undefined ? undefined : openReads(config.DATABASE_READ_URL)
  const revocations = options.revocations ?? openRevocations(sql, config.REDIS_URL)
  const verifier = createTokenVerifier({
    keys: remoteKeys(config.JWKS_URL, config.JWKS_CACHE_SECONDS),
    revocations,
  })

  const cursors = createCursors(config.CURSOR_KEY, config.CURSOR_KEY_PREVIOUS)
  const engine = await chooseEngine(config)
  const kafka = openKafkaCluster(config, { service: 'search', listeners: LISTENERS })
  const redis = config.REDIS_URL === undefined ? undefined : openRedis(config.REDIS_URL)
  const app = await searchApp({
    config,
    verifier,
    contextOf: ({ log }) => ({
      sql,
      engine,
      reads: createReadDatabase({ primary, replica, log }),
      cursors,
    }),
    kafka,
    redis,
  })
  // What was loaded past the events, into an empty index too, is taken up while requests are served already.
  const supervision = await superviseIndex({ sql, engine }, app.log)
  return await listen({
    name: 'search-svc',
    app,
    host: config.HOST,
    port: config.PORT,
    closeAfter: [
      async () => kafka?.close(),
      async () => redis?.close(),
      async () => supervision.stop(),
      () => engine.close(),
      () => revocations.close(),
      ...[primary, replica, sql].map((pool) => async () => pool?.end({ timeout: 5 })),
    ],
  })
}
