import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BOUNDS_SETTINGS, measureScenario, percentile } from '../bounds/measure.ts'
import { ATTACKS_BY_CONNECTIONS } from '../bounds/scenarios.ts'
import { type PlatformProcess, startPlatformProcess } from '../platform-process.ts'

/**
 * A small part of `npm run test:bounds`. Few requests make no 99th percentile, so that it compares
 * medians, with room for a machine that is busy with other tests.
 */
const MAX_RATIO_OF_MEDIANS = 4

describe('beside each attack', () => {
  let platform: PlatformProcess

  beforeAll(async () => {
    platform = await startPlatformProcess({ env: BOUNDS_SETTINGS })
  })
  afterAll(() => platform?.stop())

  test.each(ATTACKS_BY_CONNECTIONS)(
    'a quiet member is served as before: $name',
    async (scenario) => {
      const options = { url: platform.url, seconds: 3, rounds: 1 }
      const { quiet, attacked, attack } = await measureScenario(scenario, options)
      expect([quiet.failures, attacked.failures, attack.problems]).toEqual([[], [], []])
      expect(attack.requests).toBeGreaterThan(0)
      const ratio = percentile(attacked.latencies, 50) / percentile(quiet.latencies, 50)
      expect(ratio).toBeLessThan(MAX_RATIO_OF_MEDIANS)
    },
  )
})
