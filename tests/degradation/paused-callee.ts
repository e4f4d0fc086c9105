import { readFile } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { sendAtRate } from '../pacing.ts'
import type { DegradationEnvironment } from './environment.ts'

export interface PausedCalleeReport {
  /** The largest resident memory of the gateway, paused to running. */
  memoryRatio: number
  /** The 99th percentile of feed reads, paused to running. */
  p99Ratio: number
  /** How often each status was answered while the callee was paused. */
  answers: Map<number, number>
}

interface MeasurementOptions {
  /** The path that the callee answers, and a path that it does not. */
  calleePath: string
  otherPath: string
  headers: Record<string, string>
  requestsPerSecond: number
  seconds: number
}

const OTHER_PER_SECOND = 50
const SAMPLE_EVERY_MS = 100

/** Sends the same load to image-svc twice, while it runs and while it is paused. */
export async function measurePausedCallee(
  { services, parts }: DegradationEnvironment,
  options: MeasurementOptions,
): Promise<PausedCalleeReport> {
  const pid = services.pidOf('gateway') ?? 0
  const callee = parts.get('image-svc')
  if (callee === undefined) throw new Error("there is no part 'image-svc'")
  // Code is compiled and connections are opened before anything is compared.
  await measure(services.url, pid, options)
  const running = await measure(services.url, pid, options)
  await callee.breakDown('paused')
  try {
    const paused = await measure(services.url, pid, options)
    return {
      memoryRatio: paused.memory / running.memory,
      p99Ratio: paused.p99 / running.p99,
      answers: paused.answers,
    }
  } finally {
    await callee.mend('paused')
  }
}

async function measure(url: string, pid: number, options: MeasurementOptions) {
  const { calleePath, otherPath, headers, requestsPerSecond, seconds } = options
  const agent = new Agent({ keepAlive: true })
  const answers = new Map<number, number>()
  const latencies: number[] = []
  const pending: Promise<unknown>[] = []
  let memory = 0
  let isOver = false
  const sampling = (async () => {
    while (!isOver) {
      memory = Math.max(memory, await residentMemoryOf(pid))
      await sleep(SAMPLE_EVERY_MS)
    }
  })()
  const count = (status: number) => void answers.set(status, (answers.get(status) ?? 0) + 1)
  await Promise.all([
    sendAtRate(requestsPerSecond, seconds * requestsPerSecond, () => {
      pending.push(statusOf(`${url}${calleePath}`, agent, headers).then(count))
    }),
    sendAtRate(OTHER_PER_SECOND, seconds * OTHER_PER_SECOND, () => {
      const sentAt = performance.now()
      pending.push(
        statusOf(`${url}${otherPath}`, agent, headers).then(
          () => void latencies.push(performance.now() - sentAt),
        ),
      )
    }),
  ])
  await Promise.all(pending)
  isOver = true
  await sampling
  agent.destroy()
  latencies.sort((a, b) => a - b)
  return { memory, answers, p99: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN }
}

/** Status 0: no answer. */
const statusOf = (url: string, agent: Agent, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve) => {
    get(url, { agent, headers }, (response) => {
      response.resume().once('close', () => resolve(response.statusCode ?? 0))
    }).once('error', () => resolve(0))
  })

/** In kilobytes, as Linux reports it. */
async function residentMemoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1])
}
