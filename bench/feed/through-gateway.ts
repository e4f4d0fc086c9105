import { type Measurement, atMost, atLeastRatio } from '../measurement.ts'
import { interleavedRates, interleaved } from '../load.ts'
import { latenciesAtRate } from '../paced-load.ts'
import { percentile } from '../percentile.ts'
import type { FeedEnvironment, Reader } from './feed-environment.ts'
import { FEED, FOLLOWINGS, type Timeline } from './timeline.ts'

const ROUNDS = 15
const PACE_ROUNDS = 9
const PACE_SECONDS = 1.5

/**
 * The gateway in a separate process: the rate of requests through it, and the latency that it adds at
 * half of that rate.
 */
export async function throughGateway(
  environment: FeedEnvironment,
  { url }: Timeline,
  gatewayUrl: string,
): Promise<Measurement[]> {
  const [{ authorization }] = (await environment.createReaders(1, FOLLOWINGS)) as [Reader]
  const headers = { authorization }
  const [direct, through] = [`${url}${FEED}`, `${gatewayUrl}${FEED}`]
  const rates = await interleavedRates(
    { direct: { urls: direct, headers }, through: { urls: through, headers } },
    ROUNDS,
  )
  const medianLatency = async (target: string) =>
    percentile(await latenciesAtRate({ url: target, headers }, rates.through / 2, PACE_SECONDS), 50)
  const medians = await interleaved(PACE_ROUNDS, {
    direct: () => medianLatency(direct),
    through: () => medianLatency(through),
  })
  return [
    atLeastRatio(
      'the same through the gateway, of direct',
      rates.through,
      rates.direct,
      'requests/s',
      0.35,
    ),
    atMost(
      'what the gateway adds to p50 at half of that',
      medians.through - medians.direct,
      'ms',
      1,
    ),
  ]
}
