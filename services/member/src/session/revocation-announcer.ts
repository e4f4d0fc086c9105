import { setTimeout as sleep } from 'node:timers/promises'
import { WakeableSleep } from '@dailyfeed/concurrency/wakeable-sleep'
import {
  blacklistKeyOf,
  CONFIRM_WITHIN_MILLISECONDS,
  CONFIRMED_CHANNEL,
  REVOKED_CHANNEL,
  readConfirmed,
} from '@dailyfeed/access-token/revocation-channel'
import type { InProcessRevocations, Revocation } from '@dailyfeed/access-token/revocations'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import { LRUCache } from 'lru-cache'
import type { Sql } from 'postgres'
import { findUnconfirmedVerifiers, newestRevocation } from './revocation-log.queries.ts'

interface RevocationAnnouncerOptions {
  sql: Sql
  /** The revocations of this process, where every service runs in it. */
  local?: InProcessRevocations | undefined
  /** Undefined where Redis is not configured: verifiers then learn of revocations from the log alone. */
  redis?: { client: RedisClient; subscriber: RedisClient } | undefined
}

const POLL_EVERY_MILLISECONDS = 50
/** Each process that verifies tokens has an id of its own, and a new one after each restart. */
const MAX_VERIFIERS = 10_000

/**
 * Returns a function that publishes revocations and resolves when every verifier has confirmed them, or
 * after 600 ms: by then no verifier trusts a cache that lacks them.
 */
export function createRevocationAnnouncer({
  sql,
  local,
  redis,
}: RevocationAnnouncerOptions): (revocations: readonly Revocation[]) => Promise<void> {
  /** The highest number that each verifier has confirmed over Redis. */
  const confirmed = new LRUCache<string, number>({ max: MAX_VERIFIERS })
  const confirmations = new WakeableSleep()
  if (redis !== undefined) redis.subscriber.subscribe(CONFIRMED_CHANNEL, onMessage)

  function onMessage(text: string): void {
    const message = readConfirmed(text)
    if (message === undefined) return
    confirmed.set(message.verifier, Math.max(message.number, confirmed.get(message.verifier) ?? 0))
    confirmations.wake()
  }

  async function waitForAcks(): Promise<void> {
    const number = await newestRevocation(sql)
    for (;;) {
      const seen = confirmations.wakeups
      const unconfirmed = (await findUnconfirmedVerifiers(sql, number)).filter(
        (id) => (confirmed.get(id) ?? 0) < number,
      )
      if (unconfirmed.length === 0) return
      await confirmations.untilWoken(POLL_EVERY_MILLISECONDS, seen)
    }
  }

  return async function announce(revocations) {
    if (revocations.length === 0) return
    for (const one of revocations) local?.revoke(one)
    if (redis !== undefined) publish(redis.client, revocations)
    const isOver = new AbortController()
    try {
      await Promise.race([
        waitForAcks().catch(() => sleep(CONFIRM_WITHIN_MILLISECONDS)),
        sleep(CONFIRM_WITHIN_MILLISECONDS, undefined, { signal: isOver.signal }),
      ])
    } finally {
      isOver.abort()
    }
  }
}

/** Does not wait, since no guarantee depends on Redis. */
function publish(client: RedisClient, revocations: readonly Revocation[]): void {
  client.publish(REVOKED_CHANNEL, JSON.stringify(revocations)).catch(() => {})
  for (const { tokenId, expiresAt } of revocations)
    if (tokenId !== undefined)
      client.set(blacklistKeyOf(tokenId), '1', { atEpochSeconds: expiresAt }).catch(() => {})
}
