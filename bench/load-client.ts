import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type LoadRequest, latencies } from './load.ts'

interface Task {
  requests: readonly LoadRequest[]
  connections: number
}

export interface LoadClient {
  /** See `latencies` in load.ts; calls must not overlap. */
  latencies(requests: readonly LoadRequest[], connections: number): Promise<number[]>
  stop(): void
}

/**
 * Sends requests from a process that does nothing else, so that garbage collection of the bench
 * itself does not delay any request.
 */
export function startLoadClient(): LoadClient {
  const child: ChildProcess = fork(import.meta.filename)
  return {
    async latencies(requests, connections) {
      child.send({ requests, connections } satisfies Task)
      const [answer] = await Promise.race([
        once(child, 'message'),
        once(child, 'exit').then(([code]) => [`the process ended with ${code}`]),
      ])
      if (typeof answer === 'string') throw new Error(`the load client failed: ${answer}`)
      return answer as number[]
    },
    stop: () => void child.disconnect(),
  }
}

if (import.meta.main) {
  process.on('message', ({ requests, connections }: Task) => {
    latencies(requests, connections).then(
      (measured) => process.send?.(measured),
      (error) => process.send?.(String(error)),
    )
  })
}
