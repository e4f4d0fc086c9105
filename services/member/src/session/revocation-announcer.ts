import { setTimeout as sleep } from 'node:timers/promises'
import {
  blacklistKeyOf,
  CONFIRM_WITHIN_MILLISECONDS,
  CONFIRMED_CHANNEL,
  REVOKED_CHANNEL,
  readConfirmed,
} from '@dailyfeed/access-token/revocation-channel'
import type { InProcessRevocations, Revocation } from '@dailyfeed/access-token/revocations'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Sql } from 'postgres'
import { findUnconfirmedVerifiers, newestRevocation } from './revocation-log.queries.ts'

interface RevocationAnnouncerOptions {
  sql: Sql
  /** The memory of this process, when every service runs in it. */
  local?: InProcessRevocations | undefined
  /** Undefined where Redis is not set: who remembers then hears of it by asking the log. */
  redis?: { client: RedisClient; subscriber: RedisClient } | undefined
}

const LOOK_EVERY_MILLISECONDS = 50

/**
 * Tells who judges tokens of what was revoked, and settles when all of them know it, or after 600 ms: by then nobody trusts
 * a memory that does not.
 */
export function createRevocationAnnouncer({
  sql,
  local,
  redis,
}: RevocationAnnouncerOptions): (revocations: readonly Revocation[]) => Promise<void> {
  const confirmed = new Map<string, number>()
  /** Of every announcement that waits; what one process confirms may be what several wait for. */
  const waiting = new Set<() => void>()
  if (redis !== undefined) redis.subscriber.subscribe(CONFIRMED_CHANNEL, hear)

  function hear(text: string): void {
    const message = readConfirmed(text)
    if (message === undefined) return
    confirmed.set(message.verifier, Math.max(message.number, confirmed.get(message.verifier) ?? 0))
    for (const wake of waiting) wake()
    waiting.clear()
  }

  async function untilAllKnow(): Promise<void> {
    const number = await newestRevocation(sql)
    for (;;) {
      const unconfirmed = (await findUnconfirmedVerifiers(sql, number)).filter(
        (id) => (confirmed.get(id) ?? 0) < number,
      )
      if (unconfirmed.length === 0) return
      await Promise.race([
        new Promise<void>((resolve) => waiting.add(resolve)),
        sleep(LOOK_EVERY_MILLISECONDS),
      ])
    }
  }

  return async function announce(revocations) {
    if (revocations.length === 0) return
    for (const one of revocations) local?.revoke(one)
    if (redis !== undefined) tell(redis.client, revocations)
    const isOver = new AbortController()
    try {
      await Promise.race([
        untilAllKnow().catch(() => sleep(CONFIRM_WITHIN_MILLISECONDS)),
        sleep(CONFIRM_WITHIN_MILLISECONDS, undefined, { signal: isOver.signal }),
      ])
    } finally {
      isOver.abort()
    }
  }
}

/** Without waiting: nothing depends on it. */
function tell(client: RedisClient, revocations: readonly Revocation[]): void {
  client.publish(REVOKED_CHANNEL, JSON.stringify(revocations)).catch(() => {})
  for (const { tokenId, expiresAt } of revocations)
    if (tokenId !== undefined)
      client.set(blacklistKeyOf(tokenId), '1', { atEpochSeconds: expiresAt }).catch(() => {})
}
