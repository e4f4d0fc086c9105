import type { rateLimitSettings } from '@dailyfeed/configuration/rate-limit-settings'
import type { RedisClient } from '@dailyfeed/redis-support/redis-client'
import type { Static, TObject } from 'typebox'
import type { Log } from './log.ts'
import type { RateClass } from './rate-classes.ts'
import type { RateCounter, RatePolicy } from './rate-counter.ts'
import { RateCounters } from './rate-counters.ts'

const MINUTE = 60
const HOUR = 3_600

export type RateLimitConfig = Static<TObject<typeof rateLimitSettings>> & {
  RATE_LIMIT: string
  /** Set by image-svc, which alone serves uploads. */
  IMAGE_UPLOADS_PER_HOUR?: number
}

export interface RateLimitsOff {
  RATE_LIMIT: 'off'
}

/** A policy that is undefined limits nothing. */
interface ClassPolicies {
  member: RatePolicy | undefined
  block: RatePolicy | undefined
}

export interface ClassCounters {
  member: RateCounter | undefined
  block: RateCounter | undefined
}

/** The limits of a service: one per class and member, one per class and address block, and those of single features. */
export interface RateLimits {
  counters: RateCounters
  classes: Record<RateClass, ClassCounters>
}

interface Parts {
  service: string
  log: Log
  redis?: RedisClient | undefined
}

/** Undefined where RATE_LIMIT is off. */
export function createRateLimits(
  config: RateLimitConfig | RateLimitsOff,
  { service, log, redis }: Parts,
): RateLimits | undefined {
  if (config.RATE_LIMIT === 'off' || !('RATE_LIMIT_MAX_KEYS' in config)) return undefined
  const maxKeys = config.RATE_LIMIT_MAX_KEYS
  const counters = new RateCounters({ service, log, maxKeys, redis })
  const countersOf = ({ member, block }: ClassPolicies): ClassCounters => ({
    member: member && counters.create(member),
    block: block && counters.create(block),
  })
  const policies = policiesOf(config)
  return {
    counters,
    classes: {
      login: countersOf(policies.login),
      signup: countersOf(policies.signup),
      read: countersOf(policies.read),
      write: countersOf(policies.write),
      search: countersOf(policies.search),
      upload: countersOf(policies.upload),
      stream: countersOf(policies.stream),
      admin: countersOf(policies.admin),
    },
  }
}

function policiesOf(config: RateLimitConfig): Record<RateClass, ClassPolicies> {
  const perMinute = (name: string, limit: number) => ({ name, limit, windowSeconds: MINUTE })
  const perHour = (name: string, limit: number) => ({ name, limit, windowSeconds: HOUR })
  const uploads = config.IMAGE_UPLOADS_PER_HOUR
  return {
    login: {
      member: perMinute('login', config.RATE_LIMIT_LOGIN_PER_MEMBER),
      block: perMinute('login-address', config.RATE_LIMIT_LOGIN_PER_ADDRESS),
    },
    signup: { member: undefined, block: perHour('signup', config.RATE_LIMIT_SIGNUP_PER_ADDRESS) },
    read: {
      member: perMinute('read', config.RATE_LIMIT_READ_PER_MEMBER),
      block: perMinute('read-address', config.RATE_LIMIT_READ_PER_ADDRESS),
    },
    write: {
      member: perMinute('write', config.RATE_LIMIT_WRITE_PER_MEMBER),
      block: perMinute('write-address', config.RATE_LIMIT_WRITE_PER_ADDRESS),
    },
    search: {
      member: perMinute('search', config.RATE_LIMIT_SEARCH_PER_MEMBER),
      block: perMinute('search-address', config.RATE_LIMIT_SEARCH_PER_ADDRESS),
    },
    upload: {
      // The name of the policy is part of the contract since the first release.
      member: uploads === undefined ? undefined : perHour('default', uploads),
      block: perHour('upload-address', config.RATE_LIMIT_UPLOAD_PER_ADDRESS),
    },
    stream: {
      member: perMinute('stream', config.RATE_LIMIT_STREAM_PER_MEMBER),
      block: perMinute('stream-address', config.RATE_LIMIT_STREAM_PER_ADDRESS),
    },
    admin: {
      member: perMinute('admin', config.RATE_LIMIT_ADMIN_PER_MEMBER),
      block: perMinute('admin-address', config.RATE_LIMIT_ADMIN_PER_ADDRESS),
    },
  }
}
