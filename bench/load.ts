import { Agent, get } from 'node:http'
import autocannon from 'autocannon'
import { median } from './percentile.ts'

const CONNECTIONS = 16
const WARM_UP_SECONDS = 2
const SECONDS = 5
/** How often the load looks whether its time is over, in milliseconds. */
const SAMPLE = 20

interface LoadOptions {
  connections?: number
  warmUpSeconds?: number
  seconds?: number
}

/** Closed loop over some connections, after a warm-up; of several addresses each in turn. Throws when an answer was not 2xx: a fast refusal is no figure. */
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
  const options = { url, headers, connections, sampleInt: SAMPLE, ...requests }
  if (warmUpSeconds > 0) await autocannon({ ...options, duration: warmUpSeconds })
  const result = await autocannon({ ...options, duration: seconds })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} answers were not 2xx, ${result.errors} failed`)
  return (result['2xx'] * 1_000) / (result.finish.getTime() - result.start.getTime())
}

/**
 * Each measured once a round, one after the other. A processor that is shared with other machines is up to twice as fast
 * in one round as in the next, and so in all of a round: every round is brought to one speed (the geometric mean of its
 * values) before the medians are taken. Of two that are measured, the medians' ratio is the median of the rounds' ratios.
 */
export async function turnByTurn<Name extends string>(
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

export interface Load {
  urls: string | readonly string[]
  headers?: Record<string, string>
  connections?: number
}

/** Requests per second of each, turn by turn after a warm-up. Many short rounds: the shorter one is, the more alike is the machine in all of it. */
export async function ratesTurnByTurn<Name extends string>(
  loads: Record<Name, Load>,
  rounds: number,
): Promise<Record<Name, number>> {
  const rateOf = ({ urls, headers = {}, connections }: Load, seconds: LoadOptions) =>
    requestsPerSecond(urls, headers, {
      ...seconds,
      ...(connections !== undefined && { connections }),
    })
  const entries = Object.entries<Load>(loads)
  for (const [, load] of entries) await rateOf(load, { warmUpSeconds: 0, seconds: WARM_UP_SECONDS })
  const measures = entries.map(
    ([name, load]) => [name, () => rateOf(load, { warmUpSeconds: 0.1, seconds: 0.4 })] as const,
  )
  return turnByTurn(rounds, Object.fromEntries(measures) as Record<Name, () => Promise<number>>)
}

const geometricMean = (values: readonly number[]) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)

export interface Question {
  url: string
  headers: Record<string, string>
}

/** Milliseconds of each answer, in a closed loop over some connections, each question asked once. */
export async function timesOfEach(
  questions: readonly Question[],
  connections: number,
): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const times: number[] = []
  const waiting = questions.values()
  try {
    await Promise.all(
      Array.from({ length: connections }, async () => {
        for (const question of waiting) times.push(await timeOf(question, agent))
      }),
    )
    return times
  } finally {
    agent.destroy()
  }
}

function timeOf({ url, headers }: Question, agent: Agent): Promise<number> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    get(url, { headers, agent }, (response) => {
      response.resume()
      response.once('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - startedAt)
        else reject(new Error(`${url} was answered ${response.statusCode}`))
      })
    }).once('error', reject)
  })
}

/** How often `act` is done in a second, so many at once; it is told which of them it is. */
export async function actsPerSecond(
  act: (worker: number) => Promise<unknown>,
  atOnce: number,
  seconds: number,
): Promise<number> {
  const startedAt = performance.now()
  const end = startedAt + seconds * 1_000
  let done = 0
  await Promise.all(
    Array.from({ length: atOnce }, async (_, worker) => {
      while (performance.now() < end) {
        await act(worker)
        done += 1
      }
    }),
  )
  return (done * 1_000) / (performance.now() - startedAt)
}
