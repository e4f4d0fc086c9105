import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type Question, timesOfEach } from './load.ts'

interface Task {
  questions: readonly Question[]
  connections: number
}

export interface Questioner {
  /** As `timesOfEach`. One task at a time. */
  timesOfEach(questions: readonly Question[], connections: number): Promise<number[]>
  stop(): void
}

/** Asks from a process that does nothing else: what the bench itself allocates and collects is in no answer's time. */
export function startQuestioner(): Questioner {
  const child: ChildProcess = fork(import.meta.filename)
  return {
    async timesOfEach(questions, connections) {
      child.send({ questions, connections } satisfies Task)
      const [answer] = await Promise.race([
        once(child, 'message'),
        once(child, 'exit').then(([code]) => [`it ended with ${code}`]),
      ])
      if (typeof answer === 'string') throw new Error(`asking from another process: ${answer}`)
      return answer as number[]
    },
    stop: () => void child.disconnect(),
  }
}

if (import.meta.main) {
  process.on('message', ({ questions, connections }: Task) => {
    timesOfEach(questions, connections).then(
      (times) => process.send?.(times),
      (error) => process.send?.(String(error)),
    )
  })
}
