import { setTimeout as sleep } from 'node:timers/promises'
import { SERVICES } from '@dailyfeed/contract/services'
import { createPasswordHashing } from '@dailyfeed/member/account/password-hashing'
import { startPlatformProcess } from '@dailyfeed/tests/platform-process'
import { startTestRedis } from '@dailyfeed/tests/redis'
import { type SeparateServices, startSeparateServices } from '@dailyfeed/tests/separate-services'
import autocannon from 'autocannon'
import { median } from '../percentile.ts'
import { atMostFactor, type Measurement, atLeastRatio } from '../measurement.ts'
import { throughput, requestsPerSecond } from '../load.ts'
import { startVerifyingServer } from './verifying-server.ts'

const PASSWORD = 'a password of the benches'
const MEMBERS = 100
const SECONDS = 5
/** The maximum of concurrent logins that the service accepts without refusing some. */
const CONCURRENT_LOGINS = 16
const FEED_REQUESTS_PER_SECOND = 100
/** The p99 of a few seconds depends on the machine too, so the median of several is taken. */
const ROUNDS = 5

/** Verification of tokens, logins against bare argon2id, and feed reads during a login flood. */
export async function authBench(): Promise<Measurement[]> {
  return [...(await verificationAndLogins()), await feedsDuringLoginFlood()]
}

async function verificationAndLogins(): Promise<Measurement[]> {
  const redis = await startTestRedis()
  const services = await startSeparateServices({
    services: ['member'],
    env: () => ({ REDIS_URL: redis.url }),
  })
  const verifying = await startVerifyingServer({
    databaseUrl: services.database.urlOf('activity'),
    redisUrl: redis.url,
    jwksUrl: `${services.urlOf('member')}/.well-known/jwks.json`,
  })
  try {
    const emails = await signUpAll(services)
    const authorization =
      (await logIn(services.urlOf('member'), emails[0] ?? '', PASSWORD)).headers.get(
        'authorization',
      ) ?? ''
    // Alternately, so that a change of the machine's speed affects both.
    const [open, member]: [number[], number[]] = [[], []]
    for (let round = 0; round < 3; round += 1) {
      open.push(await requestsPerSecond(verifying.openUrl, { authorization }))
      member.push(await requestsPerSecond(verifying.memberUrl, { authorization }))
    }
    const [bare, logins]: [number[], number[]] = [[], []]
    for (let round = 0; round < 3; round += 1) {
      bare.push(await bareHashesPerSecond())
      logins.push(await loginsPerSecond(services.urlOf('member'), emails))
    }
    return [
      atLeastRatio(
        'a route for members, warm, of the same public route',
        mean(member),
        mean(open),
        'requests/s',
        0.9,
      ),
      atLeastRatio('logins, of bare argon2id', mean(logins), mean(bare), 'logins/s', 0.85),
    ]
  } finally {
    await verifying.stop()
    await services.stopAll()
    await redis.stop()
  }
}

/** The p99 of feed reads at a steady rate, alone and while a hundred connections guess passwords. */
async function feedsDuringLoginFlood(): Promise<Measurement> {
  const platform = await startPlatformProcess()
  const memberUrl = `http://127.0.0.1:${platform.port + SERVICES.member.portOffset}`
  try {
    const account = {
      email: 'reader@example.com',
      password: PASSWORD,
      memberName: 'Reader',
      handle: 'bench_reader',
    }
    await post(`${memberUrl}/api/authentication/signup`, account)
    const authorization =
      (await logIn(memberUrl, account.email, PASSWORD)).headers.get('authorization') ?? ''
    const feed = `http://127.0.0.1:${platform.port + SERVICES.timeline.portOffset}/api/timeline/posts/followings`
    await requestsPerSecond(feed, { authorization })
    const [quiet, flooded]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round += 1) {
      quiet.push(await feedP99(feed, authorization))
      const flood = autocannon({
        url: `${memberUrl}/api/authentication/login`,
        method: 'POST',
        connections: 100,
        duration: SECONDS + 2,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: account.email, password: 'a wrong guess' }),
      })
      // Measures the steady flood, not its first second.
      await sleep(1_000)
      flooded.push(await feedP99(feed, authorization))
      await flood
    }
    return atMostFactor(
      'feed reads while 100 connections guess passwords, p99',
      median(flooded),
      median(quiet),
      'ms',
      2,
    )
  } finally {
    await platform.stop()
  }
}

async function feedP99(url: string, authorization: string): Promise<number> {
  const result = await autocannon({
    url,
    headers: { authorization },
    connections: 4,
    overallRate: FEED_REQUESTS_PER_SECOND,
    duration: SECONDS,
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} feed reads did not answer 2xx, ${result.errors} failed`)
  return result.latency.p99
}

async function signUpAll(services: SeparateServices): Promise<string[]> {
  const emails = Array.from({ length: MEMBERS }, (_, n) => `member${n}@example.com`)
  await Promise.all(
    emails.map((email, n) =>
      post(`${services.urlOf('member')}/api/authentication/signup`, {
        email,
        password: PASSWORD,
        memberName: `Member ${n}`,
        handle: `member_${n}`,
      }),
    ),
  )
  return emails
}

const logIn = (memberUrl: string, email: string, password: string) =>
  post(`${memberUrl}/api/authentication/login`, { email, password })

async function post(url: string, body: object): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return response
}

/** The hashing functions of member-svc, called directly. */
async function bareHashesPerSecond(): Promise<number> {
  const passwords = createPasswordHashing()
  const hash = await passwords.hash(PASSWORD)
  try {
    return await throughput(() => passwords.verify(hash, PASSWORD), CONCURRENT_LOGINS, SECONDS)
  } finally {
    await passwords.close()
  }
}

async function loginsPerSecond(memberUrl: string, emails: readonly string[]): Promise<number> {
  const result = await autocannon({
    url: `${memberUrl}/api/authentication/login`,
    connections: CONCURRENT_LOGINS,
    duration: SECONDS,
    requests: emails.map((email) => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password: PASSWORD }),
    })),
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} logins were refused, ${result.errors} failed`)
  return result.requests.average
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length
