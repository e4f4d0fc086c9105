import { type Measurement, atMost } from '../measurement.ts'
import { interleaved } from '../load.ts'
import { percentile } from '../percentile.ts'
import { startLoadClient } from '../load-client.ts'
import type { FeedEnvironment } from './feed-environment.ts'
import { FEED, FOLLOWINGS, type Timeline } from './timeline.ts'

const WARM_UP_READERS = 300
const READERS = 500
/** The p99 of a few seconds depends on the machine too, so the median of several is taken. */
const ROUNDS = 5
const CONNECTIONS = 4
const MAX_P99_MS = 12

/**
 * First reads: each reader is new to the process and reads once, so that token, followings and posts
 * are all loaded.
 */
export async function coldFeed(
  environment: FeedEnvironment,
  { url }: Timeline,
  name: string,
): Promise<Measurement> {
  const readers = await environment.createReaders(WARM_UP_READERS + ROUNDS * READERS, FOLLOWINGS)
  const requests = readers.map(({ authorization }) => ({
    url: `${url}${FEED}`,
    headers: { authorization },
  }))
  const loadClient = startLoadClient()
  const read = (count: number) => loadClient.latencies(requests.splice(0, count), CONNECTIONS)
  try {
    // Compiles the code and fills the buffers of the database: only the readers are new later.
    await read(WARM_UP_READERS)
    const { p99 } = await interleaved(ROUNDS, {
      p99: async () => percentile(await read(READERS), 99),
    })
    return atMost(
      `${name}, ${FOLLOWINGS} followings, ${CONNECTIONS} connections, p99`,
      p99,
      'ms',
      MAX_P99_MS,
    )
  } finally {
    loadClient.stop()
  }
}
