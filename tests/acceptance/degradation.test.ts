import { afterAll, beforeAll, expect, test } from 'vitest'
import { degrade } from '../degradation/degradation.ts'
import {
  type DegradationEnvironment,
  startDegradationEnvironment,
} from '../degradation/environment.ts'
import { Probes } from '../degradation/probes.ts'
import { ROWS } from '../degradation/rows.ts'
import { redisIsMissing } from '../redis.ts'

/** A small part of `npm run test:degradation`. */

/** One while the part has just gone, one when circuits are open. */
const ROUNDS = 2
const isMissing = await redisIsMissing()
let environment: DegradationEnvironment
let probes: Probes

beforeAll(async () => {
  if (isMissing) return
  environment = await startDegradationEnvironment({ withKafka: false })
  probes = await Probes.open(environment.services.url)
})
afterAll(() => environment?.stop())

test.skipIf(isMissing).each([
  ['member-svc', 'stopped'],
  ['search-svc', 'paused'],
  ['image-svc', 'garbage'],
  ['redis', 'paused'],
  ['replica', 'stopped'],
] as const)(
  'without %s (%s) only its own requests are refused, and all heal',
  async (part, mode) => {
    const row = ROWS.find((one) => one.part === part)
    if (row === undefined) throw new Error(`there is no row for ${part}`)
    const { problems } = await degrade(environment, probes, row, mode, ROUNDS)
    expect(problems).toEqual([])
  },
)
