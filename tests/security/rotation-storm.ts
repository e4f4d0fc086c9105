import { setTimeout as sleep } from 'node:timers/promises'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import type { ServiceName } from '@dailyfeed/contract/services'
import type { Sql } from 'postgres'
import { ask, clientAt } from '../http-client.ts'
import { newMember } from '../acceptance/client.ts'
import type { SeparateServices } from '../separate-services.ts'
import { forgeToken, readSigningKeys } from './token-forge.ts'

/** Lifetimes so short that minutes contain the rotations and expiries of days. */
export const STORM_SETTINGS = {
  ACCESS_TOKEN_TTL_SECONDS: '10',
  JWT_KEY_GRACE_SECONDS: '12',
  JWKS_CACHE_SECONDS: '2',
}
const TOKEN_LIFE_MS = 10_000
const GRACE_MS = 12_000
export const KEY_SET_CACHE_MS = 2_000
const ROTATION_INTERVAL_MS = 5_000
/** Verifiers allow 5 s between clocks, cache the key set, and load it from a cache of member-svc. */
const SLACK_MS = 5_000 + 2 * KEY_SET_CACHE_MS
const CLIENTS = 8

export interface StormReport {
  seconds: number
  rotations: number
  requests: number
  /** Requests with a living token that were answered with 401. */
  wronglyRefused: string[]
  /** Requests with an unexpired token of a key past its grace, and those of them that were accepted. */
  retiredTried: number
  retiredAccepted: string[]
  refreshes: number
  /** Answers with another status than 200 and 401. */
  otherAnswers: number
}

interface Storm {
  services: SeparateServices
  sql: Sql
  report: StormReport
  isOver(): boolean
}

const PATHS: readonly [ServiceName, string][] = [
  ['member', '/api/members/profile'],
  ['timeline', '/api/timeline/posts/followings'],
  ['activity', '/api/member-activities'],
]

/**
 * Clients use and refresh their tokens while keys rotate every five seconds; meanwhile an attacker
 * who has copied the private keys signs tokens with retired ones.
 */
export async function rotationStorm(
  services: SeparateServices,
  sql: Sql,
  seconds: number,
): Promise<StormReport> {
  const report: StormReport = {
    seconds,
    rotations: 0,
    requests: 0,
    wronglyRefused: [],
    retiredTried: 0,
    retiredAccepted: [],
    refreshes: 0,
    otherAnswers: 0,
  }
  const end = performance.now() + seconds * 1_000
  const storm: Storm = { services, sql, report, isOver: () => performance.now() >= end }
  await Promise.all([
    rotateKeys(storm),
    forgeTokens(storm),
    ...Array.from({ length: CLIENTS }, (_, number) => useTokens(storm, number)),
  ])
  return report
}

async function rotateKeys({ services, report, isOver }: Storm): Promise<void> {
  while (!isOver()) {
    const { body } = await ask(clientAt(services.urlOf('member')), {
      url: '/internal/jobs/jwtKeyRotationJob',
      body: {},
      headers: { [INTERNAL_TOKEN]: services.internalTokenOf('batch') },
    })
    report.rotations += body.data.rotated
    await sleep(ROTATION_INTERVAL_MS)
  }
}

/** One client: it sends requests with its access token, and refreshes it before it expires. */
async function useTokens({ services, report, isOver }: Storm, number: number): Promise<void> {
  const gateway = clientAt(services.url)
  let { bearer, cookie } = await newMember({}, services.url)
  let issuedAt = Date.now()
  for (let n = number; !isOver(); n += 1) {
    // Some clients refresh early, others shortly before the token expires.
    if (Date.now() - issuedAt > 4_000 + (number % 4) * 1_500) {
      const refreshed = await ask(gateway, {
        method: 'POST',
        url: '/api/authentication/refresh',
        headers: { cookie },
      })
      if (refreshed.status !== 200) {
        report.wronglyRefused.push(`a refresh answered ${refreshed.status}`)
        return
      }
      report.refreshes += 1
      bearer = refreshed.headers.get('authorization') ?? ''
      cookie = refreshed.cookie ?? ''
      issuedAt = Date.now()
    }
    const [service, url] = PATHS[n % PATHS.length] ?? ['member', '']
    const { status, body } = await ask(clientAt(services.urlOf(service)), { as: bearer, url })
    const age = Date.now() - issuedAt
    report.requests += 1
    if (status === 401) {
      // On a busy machine a request may take so long that its token expires on the way.
      if (age < TOKEN_LIFE_MS)
        report.wronglyRefused.push(`${service} answered ${body.code} to a token of ${age} ms`)
    } else if (status !== 200) report.otherAnswers += 1
    await sleep(20)
  }
}

/** The attacker: it signs unexpired tokens with keys whose grace period has passed. */
async function forgeTokens({ services, sql, report, isOver }: Storm): Promise<void> {
  const { id: memberId } = await newMember({}, services.url)
  while (!isOver()) {
    const retired = (await readSigningKeys(sql, services)).filter(
      ({ retiredAt = Number.POSITIVE_INFINITY }) => Date.now() > retiredAt + GRACE_MS + SLACK_MS,
    )
    for (const key of retired.slice(-3))
      for (const [service, url] of PATHS) {
        const as = await forgeToken(key, { memberId, lifeSeconds: 8 })
        const { status } = await ask(clientAt(services.urlOf(service)), { as, url })
        report.retiredTried += 1
        if (status !== 401) report.retiredAccepted.push(`${service} answered ${status}`)
      }
    await sleep(1_000)
  }
}
