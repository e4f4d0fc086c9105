import { openRedis } from '@dailyfeed/redis-support/open-redis'
import type { Sql } from 'postgres'
import { CachedRevocations } from './cached-revocations.ts'
import { PostgresRevocations, type Revocations } from './revocations.ts'

/**
 * Revocations for a service that runs alone. `sql` is a pool of the primary: revocations must not lag.
 * Without Redis the database is queried about each token.
 */
export const openRevocations = (sql: Sql, redisUrl: string | undefined): Revocations =>
  redisUrl === undefined
    ? new PostgresRevocations(sql)
    : new CachedRevocations({
        sql,
        redis: openRedis(redisUrl),
        subscriber: openRedis(redisUrl),
      })
