import { sendConstantly } from '../constant-server.ts'
import { comparedFigure, type Figure, ratioFigure } from '../figure.ts'
import { requestsPerSecond, turnByTurn } from '../load.ts'
import type { Reader } from './feed-world.ts'
import { besideConstant, pagesOf, type TimelineWithConstant } from './timeline.ts'

/** Many short ones: a processor that is shared with other machines is a third faster or slower from one second to the next. */
export const ROUNDS = 7
export const SECONDS = { warmUpSeconds: 0.5, seconds: 2 }

interface Asked {
  name: string
  /** Asked one after the other, again and again. */
  paths: readonly string[]
  leastRatio: number
}

/** Pages against the same process sending the same bytes and headers, which is judged, and against a process that does nothing else (docs/decisions/0025). */
export async function againstConstants(timeline: TimelineWithConstant, reader: Reader, { name, paths, leastRatio }: Asked): Promise<Figure[]> {
  const { authorization } = reader
  const asked = paths.map((path) => `${timeline.url}${path}`)
  const pages = await pagesOf(timeline, paths, reader)
  const embedded = await sendConstantly(timeline.constantUrl, pages)
  const { rate, constant, alone } = await besideConstant(timeline, pages, (urls) =>
    turnByTurn(ROUNDS, {
      rate: () => requestsPerSecond(asked, { authorization }, SECONDS),
      constant: () => requestsPerSecond(embedded, {}, SECONDS),
      alone: () => requestsPerSecond(urls, {}, SECONDS),
    }),
  )
  return [
    ratioFigure(name, rate, constant, 'requests/s', leastRatio),
    comparedFigure(`${name}, of a process that sends nothing but constants`, rate, alone, 'requests/s'),
  ]
}
