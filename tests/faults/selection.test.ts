import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaIsMissing } from '../kafka.ts'
import { redisIsMissing } from '../redis.ts'
import { listenerFaults } from './listener-faults.ts'
import { publisherFaults } from './publisher-faults.ts'
import { randomFaults } from './random-faults.ts'
import { lastWordsOf, runFault } from './report.ts'
import { topicFaults } from './topic-faults.ts'
import { startWorld, type World } from './world.ts'

/** A small part of `npm run test:faults`, the same each time: the faults that take a few seconds, and a little of the random ones. */
const SEED = 20_261_125
const quick = [...publisherFaults, ...listenerFaults, ...topicFaults].filter(
  ({ isQuick }) => isQuick,
)
const isMissing = (await kafkaIsMissing()) || (await redisIsMissing())
const known = new Set<string>()
let world: World

beforeAll(async () => {
  if (!isMissing) world = await startWorld({ seed: SEED, env: { EVENT_RECONCILE_SECONDS: '2' } })
})
afterAll(() => world?.stop())

test.skipIf(isMissing).each(quick.map((fault) => [`${fault.id}: ${fault.title}`, fault] as const))(
  'nothing is lost and nothing counted twice, %s',
  async (_title, fault) => {
    const report = await runFault(world, fault, known)
    expect(report.failures, lastWordsOf(world)).toEqual([])
    expect(report.acknowledged).toBeGreaterThan(20)
  },
)

test.skipIf(isMissing)(
  'nothing is lost and nothing counted twice when faults come at random, for a quarter of a minute',
  async () => {
    const told: string[] = []
    const report = await runFault(
      world,
      randomFaults({ seconds: 15, longestSeconds: 6, say: (line) => told.push(line) }),
      known,
    )
    expect(report.failures, [...told, lastWordsOf(world)].join('\n')).toEqual([])
  },
)
