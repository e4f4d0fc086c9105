import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type OpenLoop, openLoop, type OpenLoopResult } from '@dailyfeed/tests/open-loop'

/** Runs an open loop in a process that does nothing else, and ends it. */
export async function openLoopInProcess(options: OpenLoop): Promise<OpenLoopResult> {
  const child = fork(import.meta.filename)
  child.send(options)
  const [answer] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => [`the process ended with ${code}`]),
  ])
  child.disconnect()
  if (typeof answer === 'string') throw new Error(`the load failed: ${answer}`)
  return answer as OpenLoopResult
}

if (import.meta.main) {
  process.on('message', (options: OpenLoop) => {
    openLoop(options).then(
      (result) => process.send?.(result),
      (error) => process.send?.(String(error)),
    )
  })
}
