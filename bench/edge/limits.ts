import type { SeparateServices } from '@dailyfeed/tests/separate-services'
import { interleaved } from '../load.ts'
import { atLeastRatio, type Measurement } from '../measurement.ts'
import { warmUp, wrkRate } from './wrk.ts'

const ROUNDS = 11
const MIN_RATIO = 0.95
/** Every limit is counted, and none is reached. */
const LIMITS_ON = { RATE_LIMIT: 'on', RATE_LIMIT_PER_MINUTE: '10000000' }
const LIMITS_OFF = { RATE_LIMIT: 'off', OVERLOAD_SHEDDING: 'off' }

/** The same page through a gateway with all bounds and limits, against one without them. */
export async function costOfLimits(
  services: SeparateServices,
  { path, headers }: { path: string; headers: Record<string, string> },
): Promise<Measurement> {
  await services.end('gateway', 'SIGTERM')
  await services.start('gateway', { env: LIMITS_OFF })
  await services.start('gateway', { number: 1, env: LIMITS_ON })
  const on = { url: `${services.urlOf('gateway', 1)}${path}`, headers }
  const off = { url: `${services.url}${path}`, headers }
  try {
    for (const target of [on, off]) await warmUp(target)
    const rates = await interleaved(ROUNDS, { on: () => wrkRate(on), off: () => wrkRate(off) })
    return atLeastRatio(
      'through the gateway, all limits on, of all limits off',
      rates.on,
      rates.off,
      'requests/s',
      MIN_RATIO,
    )
  } finally {
    await services.end('gateway', 'SIGTERM', 1)
  }
}
