import { execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'

/**
 * Start time of a process as `ps` prints it (Linux and macOS). It distinguishes the process from a later one with the
 * same id. Undefined when there is no such process.
 */
export function startTimeOf(pid: number): string | undefined {
  return queryPs(pid, 'lstart')
}

/** Command line of a process; undefined when there is no such process. */
export function commandOf(pid: number): string | undefined {
  return queryPs(pid, 'command')
}

/**
 * Whether every thread of a process has stopped, which takes a moment after SIGSTOP. Undefined without /proc, or when
 * there is no such process.
 */
export async function isStopped(pid: number): Promise<boolean | undefined> {
  try {
    const threads = await readdir(`/proc/${pid}/task`)
    const states = await Promise.all(
      threads.map(
        async (thread) =>
          /\) (\w)/.exec(await readFile(`/proc/${pid}/task/${thread}/stat`, 'latin1'))?.[1],
      ),
    )
    return states.every((state) => state === 'T')
  } catch {
    return undefined
  }
}

function queryPs(pid: number, column: string): string | undefined {
  try {
    const answer = execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return answer === '' ? undefined : answer
  } catch {
    return undefined
  }
}
