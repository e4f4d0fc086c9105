import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaIsMissing } from '../kafka.ts'
import { redisIsMissing } from '../redis.ts'
import { type FaultEnvironment, startEnvironment } from './environment.ts'
import { listenerFaults } from './listener-faults.ts'
import { publisherFaults } from './publisher-faults.ts'
import { randomFaults } from './random-faults.ts'
import { lastOutputOf, runFault } from './report.ts'
import { RECONCILE_SETTINGS } from './effects.ts'
import { topicFaults } from './topic-faults.ts'

/** A part of `npm run test:faults` with a fixed seed: the quick faults, and some random ones. */
const SEED = 20_261_125
const quick = [...publisherFaults, ...listenerFaults, ...topicFaults].filter(
  ({ isQuick }) => isQuick,
)
const isMissing = (await kafkaIsMissing()) || (await redisIsMissing())
const known = new Set<string>()
let environment: FaultEnvironment

beforeAll(async () => {
  if (!isMissing) environment = await startEnvironment({ seed: SEED, env: RECONCILE_SETTINGS })
})
afterAll(() => environment?.stop())

test.skipIf(isMissing).each(quick.map((fault) => [`${fault.id}: ${fault.title}`, fault] as const))(
  'no event is lost or counted twice when %s',
  async (_title, fault) => {
    const report = await runFault(environment, fault, known)
    expect(report.failures, lastOutputOf(environment)).toEqual([])
    expect(report.acknowledged).toBeGreaterThan(20)
  },
)

test.skipIf(isMissing)(
  'no event is lost or counted twice during fifteen seconds of random faults',
  async () => {
    const lines: string[] = []
    const fault = randomFaults({
      seconds: 15,
      longestSeconds: 6,
      say: (line) => lines.push(line),
    })
    const report = await runFault(environment, fault, known)
    expect(report.failures, [...lines, lastOutputOf(environment)].join('\n')).toEqual([])
  },
)
