import { setTimeout as sleep } from 'node:timers/promises'
import { INTERNAL_TOKEN } from '@dailyfeed/contract/headers'
import type { ServiceName } from '@dailyfeed/contract/services'
import type { Sql } from 'postgres'
import { ask, newMember } from '../acceptance/client.ts'
import type { SeparateServices } from '../separate-services.ts'
import { forge, readSigningKeys } from './token-forge.ts'

/** Times so short that minutes hold what otherwise takes days. */
export const STORM_SETTINGS = {
  ACCESS_TOKEN_TTL_SECONDS: '10',
  JWT_KEY_GRACE_SECONDS: '12',
  JWKS_CACHE_SECONDS: '2',
}
const GRACE_MILLISECONDS = 12_000
const ROTATE_EVERY_MILLISECONDS = 5_000
/** Of verifiers: leeway of clocks, age of their key set, age of member-svc's own. */
const SLACK_MILLISECONDS = 5_000 + 2_000 + 2_000
const CLIENTS = 8

export interface StormReport {
  seconds: number
  rotations: number
  requests: number
  /** 401 to a token that should live. */
  wronglyRefused: string[]
  /** Tokens of a key past its grace, whose own life goes on: tried, and accepted. */
  retiredTried: number
  retiredAccepted: string[]
  refreshes: number
  /** Neither 200 nor 401. */
  otherAnswers: number
}

const PATHS: readonly [ServiceName, string][] = [
  ['member', '/api/members/profile'],
  ['timeline', '/api/timeline/posts/followings'],
  ['activity', '/api/member-activities'],
]

/** Clients that use and refresh their tokens while keys rotate every five seconds, and a thief who kept the old keys. */
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
  const isGoingOn = () => performance.now() < end

  async function rotate(): Promise<void> {
    while (isGoingOn()) {
      const response = await fetch(`${services.urlOf('member')}/internal/jobs/jwtKeyRotationJob`, {
        method: 'POST',
        headers: {
          [INTERNAL_TOKEN]: services.internalTokenOf('batch'),
          'content-type': 'application/json',
        },
        body: '{}',
      })
      const { data } = (await response.json()) as { data: { rotated: number } }
      report.rotations += data.rotated
      await sleep(ROTATE_EVERY_MILLISECONDS)
    }
  }

  async function useTokens(number: number): Promise<void> {
    const member = await newMember({}, services.url)
    let { bearer, cookie } = member
    let issuedAt = Date.now()
    for (let n = number; isGoingOn(); n += 1) {
      const age = Date.now() - issuedAt
      // Some refresh early, some at the last moment.
      if (age > 4_000 + (number % 4) * 1_500) {
        const { status, headers } = await ask(
          'POST',
          '/api/authentication/refresh',
          undefined,
          { cookie },
          services.url,
        )
        if (status !== 200) {
          report.wronglyRefused.push(`a refresh was ${status}`)
          return
        }
        report.refreshes += 1
        bearer = headers.get('authorization') ?? ''
        cookie = (headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
        issuedAt = Date.now()
      }
      const [service, path] = PATHS[n % PATHS.length] ?? ['member', '']
      const { status, body } = await ask(
        'GET',
        path,
        undefined,
        { authorization: bearer },
        services.urlOf(service),
      )
      report.requests += 1
      if (status === 401)
        report.wronglyRefused.push(
          `${service} ${body.code} for a token of ${Date.now() - issuedAt} ms`,
        )
      else if (status !== 200) report.otherAnswers += 1
      await sleep(20)
    }
  }

  async function steal(): Promise<void> {
    const { id: memberId } = await newMember({}, services.url)
    while (isGoingOn()) {
      const past = (await readSigningKeys(sql, services)).filter(
        ({ retiredAt = Number.POSITIVE_INFINITY }) =>
          Date.now() > retiredAt + GRACE_MILLISECONDS + SLACK_MILLISECONDS,
      )
      for (const key of past.slice(-3))
        for (const [service, path] of PATHS) {
          const { status } = await ask(
            'GET',
            path,
            undefined,
            { authorization: await forge(key, { memberId, lifeSeconds: 8 }) },
            services.urlOf(service),
          )
          report.retiredTried += 1
          if (status !== 401) report.retiredAccepted.push(`${service} answered ${status}`)
        }
      await sleep(1_000)
    }
  }

  await Promise.all([
    rotate(),
    steal(),
    ...Array.from({ length: CLIENTS }, (_, number) => useTokens(number)),
  ])
  return report
}
