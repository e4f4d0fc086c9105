import { Agent, get } from 'node:http'
import autocannon from 'autocannon'
import { median } from './percentile.ts'

const CONNECTIONS = 16
const WARM_UP_SECONDS = 2
const SECONDS = 5
/** How often autocannon checks whether its time is over. */
const SAMPLE_INTERVAL_MS = 20

interface LoadOptions {
  connections?: number
  warmUpSeconds?: number
  seconds?: number
}

/**
 * The rate of a closed loop over some connections, after a warm-up; several addresses are requested
 * in turn. Throws when an answer is not 2xx, since refusals are faster than answers.
 */
export async function requestsPerSecond(
  urls: string | readonly string[],
  headers: Record<string, string>,
  {
    connections = CONNECTIONS,
    warmUpSeconds = WARM_UP_SECONDS,
    seconds = SECONDS,
  }: LoadOptions = {},
): Promise<number> {
  const [url = '', ...more] = typeof urls === 'string' ? [urls] : urls
  const requests =
    more.length === 0
      ? {}
      : {
          requests: [url, ...more].map((each) => ({
            path: new URL(each).pathname + new URL(each).search,
            headers,
          })),
        }
  const options = { url, headers, connections, sampleInt: SAMPLE_INTERVAL_MS, ...requests }
  if (warmUpSeconds > 0) await autocannon({ ...options, duration: warmUpSeconds })
  const result = await autocannon({ ...options, duration: seconds })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} answers were not 2xx, ${result.errors} failed`)
  return (result['2xx'] * 1_000) / (result.finish.getTime() - result.start.getTime())
}

/**
 * Runs several measures in rounds, each once per round, and returns the median of each. A processor
 * that is shared with other machines may be twice as fast in one round as in the next. So the values
 * of a round are divided by its speed, which is their geometric mean, before the medians are taken.
 * For two measures, the ratio of the medians is therefore the median of the rounds' ratios.
 */
export async function interleaved<Name extends string>(
  rounds: number,
  measures: Record<Name, () => Promise<number>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(measures) as Name[]
  const values = names.map((): number[] => [])
  const speeds: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const measured: number[] = []
    for (const name of names) measured.push(await measures[name]())
    const speed = geometricMean(measured)
    speeds.push(speed)
    for (const [index, value] of measured.entries()) values[index]?.push(value / speed)
  }
  return Object.fromEntries(
    names.map((name, index) => [name, median(values[index] ?? []) * median(speeds)]),
  ) as Record<Name, number>
}

export interface ClosedLoop {
  urls: string | readonly string[]
  headers?: Record<string, string>
  connections?: number
}

/**
 * Requests per second of each load, interleaved after a warm-up. The rounds are many and short: the
 * shorter a round is, the less the machine's speed changes within it.
 */
export async function interleavedRates<Name extends string>(
  loads: Record<Name, ClosedLoop>,
  rounds: number,
): Promise<Record<Name, number>> {
  const rateOf = ({ urls, headers = {}, connections }: ClosedLoop, seconds: LoadOptions) =>
    requestsPerSecond(urls, headers, {
      ...seconds,
      ...(connections !== undefined && { connections }),
    })
  const entries = Object.entries<ClosedLoop>(loads)
  for (const [, load] of entries) await rateOf(load, { warmUpSeconds: 0, seconds: WARM_UP_SECONDS })
  const measures = entries.map(
    ([name, load]) => [name, () => rateOf(load, { warmUpSeconds: 0.1, seconds: 0.4 })] as const,
  )
  return interleaved(rounds, Object.fromEntries(measures) as Record<Name, () => Promise<number>>)
}

const geometricMean = (values: readonly number[]) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)

export interface LoadRequest {
  url: string
  headers: Record<string, string>
}

/** Sends each request once, in a closed loop over some connections. Returns milliseconds. */
export async function latencies(
  requests: readonly LoadRequest[],
  connections: number,
): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const measured: number[] = []
  const queue = requests.values()
  try {
    await Promise.all(
      Array.from({ length: connections }, async () => {
        for (const request of queue) measured.push(await latencyOf(request, agent))
      }),
    )
    return measured
  } finally {
    agent.destroy()
  }
}

function latencyOf({ url, headers }: LoadRequest, agent: Agent): Promise<number> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    get(url, { headers, agent }, (response) => {
      response.resume()
      response.once('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - startedAt)
        else reject(new Error(`${url} answered ${response.statusCode}`))
      })
    }).once('error', reject)
  })
}

/** How many times per second an action completes with so many concurrent workers. */
export async function throughput(
  action: (worker: number) => Promise<unknown>,
  workers: number,
  seconds: number,
): Promise<number> {
  const startedAt = performance.now()
  const end = startedAt + seconds * 1_000
  let done = 0
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      while (performance.now() < end) {
        await action(worker)
        done += 1
      }
    }),
  )
  return (done * 1_000) / (performance.now() - startedAt)
}
