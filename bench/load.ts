import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import { median } from './percentile.ts'

const CONNECTIONS = 16
const WARM_UP_SECONDS = 2
const SECONDS = 5

interface LoadOptions {
  connections?: number
  warmUpSeconds?: number
  seconds?: number
}

/** Closed loop over some connections, after a warm-up; of several addresses each in turn. Throws when an answer was not 2xx: a fast refusal is no figure. */
export async function requestsPerSecond(
  urls: string | readonly string[],
  headers: Record<string, string>,
  { connections = CONNECTIONS, warmUpSeconds = WARM_UP_SECONDS, seconds = SECONDS }: LoadOptions = {},
): Promise<number> {
  const [url = '', ...more] = typeof urls === 'string' ? [urls] : urls
  const requests = more.length === 0 ? {} : { requests: [url, ...more].map((each) => ({ path: new URL(each).pathname + new URL(each).search, headers })) }
  const options = { url, headers, connections, ...requests }
  if (warmUpSeconds > 0) await autocannon({ ...options, duration: warmUpSeconds })
  const result = await autocannon({ ...options, duration: seconds })
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url}: ${result.non2xx} answers were not 2xx, ${result.errors} failed`)
  return result.requests.average
}

/** Each measured once a round, one after the other: a machine that drifts does so in all. Their medians. */
export async function turnByTurn<Name extends string>(rounds: number, measures: Record<Name, () => Promise<number>>): Promise<Record<Name, number>> {
  const names = Object.keys(measures) as Name[]
  const values = names.map((): number[] => [])
  for (let round = 0; round < rounds; round += 1) for (const [index, name] of names.entries()) values[index]?.push(await measures[name]())
  return Object.fromEntries(names.map((name, index) => [name, median(values[index] ?? [])])) as Record<Name, number>
}

export interface Question {
  url: string
  headers: Record<string, string>
}

/** Milliseconds of each answer, in a closed loop over some connections, each question asked once. */
export async function timesOfEach(questions: readonly Question[], connections: number): Promise<number[]> {
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

/** Milliseconds of each answer, asked at a steady pace, whatever became of those before. */
export async function timesAtPace(question: Question, perSecond: number, seconds: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const asked: Promise<number>[] = []
  const startedAt = performance.now()
  try {
    while (asked.length < perSecond * seconds) {
      const due = ((performance.now() - startedAt) * perSecond) / 1_000
      while (asked.length < Math.min(due, perSecond * seconds)) asked.push(timeOf(question, agent))
      await sleep(1)
    }
    return await Promise.all(asked)
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
export async function actsPerSecond(act: (worker: number) => Promise<unknown>, atOnce: number, seconds: number): Promise<number> {
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
