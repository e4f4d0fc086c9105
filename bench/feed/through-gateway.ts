import { type Figure, limitFigure, ratioFigure } from '../figure.ts'
import { ratesTurnByTurn, turnByTurn } from '../load.ts'
import { timesAtPace } from '../paced-load.ts'
import { percentile } from '../percentile.ts'
import type { FeedWorld, Reader } from './feed-world.ts'
import { FEED, FOLLOWINGS, type Timeline } from './timeline.ts'

const ROUNDS = 15
const PACE_ROUNDS = 9
const PACE_SECONDS = 1.5

/** The gateway in a process of its own: how many requests get through, and what it adds to each while there is room. */
export async function throughGateway(
  world: FeedWorld,
  { url }: Timeline,
  gatewayUrl: string,
): Promise<Figure[]> {
  const [{ authorization }] = (await world.newReaders(1, FOLLOWINGS)) as [Reader]
  const headers = { authorization }
  const [direct, through] = [`${url}${FEED}`, `${gatewayUrl}${FEED}`]
  const rates = await ratesTurnByTurn(
    { direct: { urls: direct, headers }, through: { urls: through, headers } },
    ROUNDS,
  )
  const middleOf = async (asked: string) =>
    percentile(await timesAtPace({ url: asked, headers }, rates.through / 2, PACE_SECONDS), 50)
  const middles = await turnByTurn(PACE_ROUNDS, {
    direct: () => middleOf(direct),
    through: () => middleOf(through),
  })
  return [
    ratioFigure(
      'the same through the gateway, of direct',
      rates.through,
      rates.direct,
      'requests/s',
      0.35,
    ),
    limitFigure(
      'what the gateway adds to p50 at half of that',
      middles.through - middles.direct,
      'ms',
      1,
    ),
  ]
}
