import { servePages } from '../fixed-response-server.ts'
import { ratioWithoutTarget, type Measurement, atLeastRatio } from '../measurement.ts'
import { interleavedRates } from '../load.ts'
import type { Reader } from './feed-environment.ts'
import { besideFixedResponses, pagesOf, type TimelineWithFixedResponses } from './timeline.ts'

export const ROUNDS = 31

interface Pages {
  name: string
  /** Requested in turn. */
  paths: readonly string[]
  minRatio: number
}

/**
 * Compares pages with fixed responses of the same bytes: those of the same process, which has a
 * target, and those of a process that does nothing else (docs/decisions/0025).
 */
export async function compareWithFixedResponses(
  timeline: TimelineWithFixedResponses,
  reader: Reader,
  { name, paths, minRatio }: Pages,
): Promise<Measurement[]> {
  const { authorization } = reader
  const measuredUrls = paths.map((path) => `${timeline.url}${path}`)
  const pages = await pagesOf(timeline, paths, reader)
  const embedded = await servePages(timeline.fixedResponseUrl, pages)
  const { rate, sameProcess, ownProcess } = await besideFixedResponses(timeline, pages, (urls) =>
    interleavedRates(
      {
        rate: { urls: measuredUrls, headers: { authorization } },
        sameProcess: { urls: embedded },
        ownProcess: { urls },
      },
      ROUNDS,
    ),
  )
  return [
    atLeastRatio(name, rate, sameProcess, 'requests/s', minRatio),
    ratioWithoutTarget(
      `${name}, of a process that only sends fixed responses`,
      rate,
      ownProcess,
      'requests/s',
    ),
  ]
}
