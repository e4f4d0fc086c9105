import type { Sql } from 'postgres'
import { openPool } from '@dailyfeed/postgres-support/pool'
import type { FeedEnvironment, Reader } from '../feed/feed-environment.ts'
import { FEED, FOLLOWINGS, type Timeline } from '../feed/timeline.ts'
import { interleaved } from '../load.ts'
import { startLoadClient } from '../load-client.ts'
import { atMostFactor, type Measurement } from '../measurement.ts'
import { median, percentile } from '../percentile.ts'
import { lookUpRows, type PageRows } from './plain-look-ups.ts'

const WARM_UP_READERS = 300
const READERS = 400
const LOOKED_UP_READERS = 100
const ROUNDS = 5
const CONNECTIONS = 4
const MAX_FACTOR = 3

/**
 * The p99 of first pages, each of a reader who is new to the process, against the median of four
 * plain look-ups by index of the same rows: followings, posts, authors, counters. Both alternate,
 * with as many connections.
 */
export async function coldPage(
  environment: FeedEnvironment,
  timeline: Timeline,
  name: string,
): Promise<Measurement> {
  const readers = await environment.createReaders(WARM_UP_READERS + ROUNDS * READERS, FOLLOWINGS)
  const loadClient = startLoadClient()
  const sql = openPool({ url: environment.database.ownerUrl, max: CONNECTIONS, name: 'look-ups' })
  let latest: readonly Reader[] = []
  const read = async (count: number): Promise<number[]> => {
    latest = readers.splice(0, count)
    const requests = latest.map(({ authorization }) => ({
      url: `${timeline.url}${FEED}`,
      headers: { authorization },
    }))
    return loadClient.latencies(requests, CONNECTIONS)
  }
  // The rows of the readers who have just been read for the first time.
  const lookUp = async (): Promise<number[]> => {
    const pages = await rowsOf(timeline, latest.slice(0, LOOKED_UP_READERS))
    return timesOfLookUps(sql, pages)
  }
  try {
    await read(WARM_UP_READERS)
    await lookUp()
    const { p99, lookUps } = await interleaved(ROUNDS, {
      p99: async () => percentile(await read(READERS), 99),
      lookUps: async () => median(await lookUp()),
    })
    return atMostFactor(
      `${name}, p99, against four plain look-ups of its rows`,
      p99,
      lookUps,
      'ms',
      MAX_FACTOR,
    )
  } finally {
    loadClient.stop()
    await sql.end()
  }
}

interface Page {
  data: { content: { id: number; authorId: number }[] }
}

async function rowsOf({ url }: Timeline, readers: readonly Reader[]): Promise<PageRows[]> {
  const pages: PageRows[] = []
  for (const { id, authorization } of readers) {
    const answer = await fetch(`${url}${FEED}`, { headers: { authorization } })
    const { data } = (await answer.json()) as Page
    pages.push({
      readerId: id,
      postIds: data.content.map((post) => post.id),
      authorIds: [...new Set(data.content.map((post) => post.authorId))],
    })
  }
  return pages
}

/** Milliseconds of the look-ups of each page, with as many pages at once as there are connections. */
async function timesOfLookUps(sql: Sql, pages: readonly PageRows[]): Promise<number[]> {
  const times: number[] = []
  const queue = pages.values()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (const page of queue) {
        const startedAt = performance.now()
        await lookUpRows(sql, page)
        times.push(performance.now() - startedAt)
      }
    }),
  )
  return times
}
