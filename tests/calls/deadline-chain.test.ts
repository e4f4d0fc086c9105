import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, clientAt } from '../http-client.ts'
import { type SeparateServices, startSeparateServices } from '../separate-services.ts'

let services: SeparateServices
let owner: Sql

beforeAll(async () => {
  services = await startSeparateServices({
    services: ['member', 'gateway'],
    env: (service): Record<string, string> =>
      service === 'gateway' ? { UPSTREAM_READ_TIMEOUT_MS: '1000' } : {},
  })
  owner = postgres(services.database.ownerUrl, { max: 2, onnotice() {} })
})
afterAll(async () => {
  await owner.end()
  await services.stopAll()
})

/** Statements of member-svc that wait for a lock. */
const waiting = async (): Promise<number> =>
  (
    await owner`
      select from pg_stat_activity
      where application_name = 'member-svc' and wait_event_type = 'Lock'`
  ).length

const login = {
  method: 'POST' as const,
  url: '/api/authentication/login',
  body: { email: 'nobody@example.com', password: 'a long enough password' },
}

test('a request that the gateway gives up ends in the service, and its statement in PostgreSQL', async () => {
  const gateway = clientAt(services.url)
  const service = clientAt(services.urlOf('member'))
  expect((await ask(gateway, login)).status).toBe(401)
  const lock = Promise.withResolvers<void>()
  const isLocked = Promise.withResolvers<void>()
  const locking = owner.begin(async (transaction) => {
    await transaction`lock table member.member in access exclusive mode`
    isLocked.resolve()
    await lock.promise
  })
  await isLocked.promise
  // The control has no deadline: it began first and still waits when the other statement has been cancelled.
  let hasControlEnded = false
  const control = ask(service, login).finally(() => {
    hasControlEnded = true
  })
  await expect.poll(waiting, { interval: 10 }).toBe(1)
  const late = ask(gateway, login)
  await expect.poll(waiting, { interval: 10 }).toBe(2)
  const { status, headers } = await late
  expect([status, headers.has('retry-after')]).toEqual([503, true])
  await expect.poll(waiting, { interval: 10 }).toBe(1)
  expect(hasControlEnded).toBe(false)
  lock.resolve()
  await locking
  expect((await control).status).toBe(401)
})
