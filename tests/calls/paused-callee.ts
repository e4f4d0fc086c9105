import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { sendAtRate } from '../pacing.ts'

interface PausedCalleeOptions {
  /** Length of each phase. */
  seconds: number
  /** Requests in a second that call the service which is paused. */
  rate: number
  /** Requests in a second of the route that needs no other service. */
  otherRate: number
  /** How long the caller waits for an answer. */
  readMilliseconds: number
}

interface Phase {
  /** Highest resident memory of the caller in bytes. */
  memory: number
  /** Milliseconds. */
  p99: number
  otherFailed: number
  answered: number
  /** 503 of the route that calls the service. */
  refused: number
}

export interface PausedCalleeReport {
  healthy: Phase
  paused: Phase
  /** After the callee has continued and the circuit has closed. */
  healed: Phase
}

const start = async (script: string, ...args: string[]) => {
  const child = fork(join(import.meta.dirname, script), args, { execArgv: [] })
  const [url] = (await once(child, 'message')) as [string]
  return { child, url }
}

/** Compares a caller under load while its callee works, is stopped by SIGSTOP, and works again. */
export async function measurePausedCallee(
  options: PausedCalleeOptions,
): Promise<PausedCalleeReport> {
  const callee = await start('callee.ts')
  const caller = await start('caller.ts', callee.url, String(options.readMilliseconds))
  const agent = new Agent({ connections: 256 })
  const phase = () => measurePhase(options, caller, agent)
  try {
    // The first phase compiles the code and grows the heap to its working size.
    await phase()
    const healthy = await phase()
    callee.child.kill('SIGSTOP')
    const paused = await phase()
    callee.child.kill('SIGCONT')
    await untilHealed(caller.url, agent)
    return { healthy, paused, healed: await phase() }
  } finally {
    await agent.destroy()
    for (const { child } of [caller, callee]) await end(child)
  }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function untilHealed(url: string, agent: Agent): Promise<void> {
  while ((await statusOf(`${url}/through`, agent)) !== 200)
    await new Promise((resolve) => setTimeout(resolve, 200))
}

async function measurePhase(
  { seconds, rate, otherRate }: PausedCalleeOptions,
  { child, url }: { child: ChildProcess; url: string },
  agent: Agent,
): Promise<Phase> {
  const phase: Phase = { memory: 0, p99: 0, otherFailed: 0, answered: 0, refused: 0 }
  const latencies: number[] = []
  const inFlight = new Set<Promise<void>>()
  const track = (work: Promise<void>) => {
    const tracked = work.finally(() => inFlight.delete(tracked))
    inFlight.add(tracked)
  }
  const onMemory = (rss: number) => {
    phase.memory = Math.max(phase.memory, rss)
  }
  child.on('message', onMemory)
  const sampling = setInterval(() => child.send('memory'), 100)
  await Promise.all([
    sendAtRate(rate, rate * seconds, () => {
      track(
        statusOf(`${url}/through`, agent).then((status) => {
          if (status === 200) phase.answered += 1
          if (status === 503) phase.refused += 1
        }),
      )
    }),
    sendAtRate(otherRate, otherRate * seconds, () => {
      const startedAt = performance.now()
      track(
        statusOf(`${url}/other`, agent).then((status) => {
          if (status !== 200) phase.otherFailed += 1
          latencies.push(performance.now() - startedAt)
        }),
      )
    }),
  ])
  await Promise.all(inFlight)
  clearInterval(sampling)
  child.off('message', onMemory)
  latencies.sort((one, other) => one - other)
  phase.p99 = latencies[Math.ceil(latencies.length * 0.99) - 1] ?? Number.NaN
  return phase
}

async function statusOf(url: string, dispatcher: Agent): Promise<number> {
  const { statusCode, body } = await request(url, { dispatcher })
  await body.dump()
  return statusCode
}
