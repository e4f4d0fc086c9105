import { SERVICES } from '@dailyfeed/contract/services'
import {
  defaultRulesOf,
  HEALTH_CIRCUIT,
  relayRulesOf,
} from '@dailyfeed/service-client/call-classes'
import {
  callRulesOrThrow,
  callSettings,
  probesOrThrow,
} from '@dailyfeed/service-client/call-settings'
import Type from 'typebox'
import { expect, test } from 'vitest'
import { readConfigOrThrow } from './read-config.ts'

const read = (env: Record<string, string>) =>
  readConfigOrThrow(Type.Object(callSettings('batch')), env)

/** Rows of the table of classes: window, minimum, failure %, slow from, slow %, open for, half-open; attempts, wait; rate. */
const TABLE = {
  member: [50, 5, 40, 3_000, 70, 30_000, 5, 2, 300, 200, 1_000, 100],
  timeline: [50, 5, 40, 3_000, 70, 30_000, 5, 2, 300, 200, 1_000, 100],
  content: [100, 10, 50, 5_000, 80, 60_000, 10, 3, 500, 100, 1_000, 0],
  activity: [100, 10, 50, 5_000, 80, 60_000, 10, 3, 500, 100, 1_000, 0],
  search: [100, 10, 50, 5_000, 80, 60_000, 10, 3, 500, 100, 1_000, 0],
  image: [200, 20, 60, 10_000, 85, 120_000, 10, 2, 1_000, 50, 1_000, 0],
} as const

test.each(SERVICES.batch.calls)(
  'without settings %s is called by the rules of its class',
  (service) => {
    const { circuit, retry, rate, ...rules } = callRulesOrThrow(service, read({}))
    expect([
      ...Object.values(circuit),
      ...Object.values(retry),
      ...Object.values(rate ?? {}),
    ]).toEqual(TABLE[service])
    expect(rules).toMatchObject({ connectMilliseconds: 5_000, readMilliseconds: 10_000 })
  },
)

test('probes are judged by the class health', () => {
  expect(Object.values(probesOrThrow(read({})).rule)).toEqual([10, 3, 50, 3_000, 80, 10_000, 3])
  expect(probesOrThrow(read({}))).toEqual({ rule: HEALTH_CIRCUIT, everyMilliseconds: 2_000 })
})

test('each value of each target is a setting', () => {
  const { circuit, bulkhead } = callRulesOrThrow(
    'image',
    read({ IMAGE_CALLS_WINDOW: '70', IMAGE_CALLS_OPEN_MS: '1000', IMAGE_CALLS_QUEUED: '3' }),
  )
  expect([circuit.window, circuit.openMilliseconds, bulkhead.queued]).toEqual([70, 1_000, 3])
})

test('wrong settings are refused by name, also those that contradict each other', () => {
  expect(() => read({ MEMBER_CALLS_FAILURE_PERCENT: '100' })).toThrow(
    "MEMBER_CALLS_FAILURE_PERCENT is '100'; it must be a whole number from 1 to 99",
  )
  expect(() => callRulesOrThrow('member', read({ MEMBER_CALLS_MIN: '51' }))).toThrow(
    'MEMBER_CALLS_MIN is 51; it must be at most MEMBER_CALLS_WINDOW, 50',
  )
})

test('the relay has no outbound limit and no retries, and its circuit stays open for 2 s', () => {
  expect(relayRulesOf(defaultRulesOf('activity'))).toMatchObject({
    circuit: { window: 100, openMilliseconds: 2_000, halfOpenCalls: 1 },
    retry: { attempts: 1 },
    rate: undefined,
    sendsDeadline: false,
  })
})
