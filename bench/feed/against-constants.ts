import { sendConstantly } from '../constant-server.ts'
import { comparedFigure, type Figure, ratioFigure } from '../figure.ts'
import { ratesTurnByTurn } from '../load.ts'
import type { Reader } from './feed-world.ts'
import { besideConstant, pagesOf, type TimelineWithConstant } from './timeline.ts'

export const ROUNDS = 31

interface Asked {
  name: string
  /** Asked one after the other, again and again. */
  paths: readonly string[]
  leastRatio: number
}

/** Pages against the same process sending the same bytes and headers, which is judged, and against a process that does nothing else (docs/decisions/0025). */
export async function againstConstants(
  timeline: TimelineWithConstant,
  reader: Reader,
  { name, paths, leastRatio }: Asked,
): Promise<Figure[]> {
  const { authorization } = reader
  const asked = paths.map((path) => `${timeline.url}${path}`)
  const pages = await pagesOf(timeline, paths, reader)
  const embedded = await sendConstantly(timeline.constantUrl, pages)
  const { rate, constant, alone } = await besideConstant(timeline, pages, (urls) =>
    ratesTurnByTurn(
      {
        rate: { urls: asked, headers: { authorization } },
        constant: { urls: embedded },
        alone: { urls },
      },
      ROUNDS,
    ),
  )
  return [
    ratioFigure(name, rate, constant, 'requests/s', leastRatio),
    comparedFigure(
      `${name}, of a process that sends nothing but constants`,
      rate,
      alone,
      'requests/s',
    ),
  ]
}
