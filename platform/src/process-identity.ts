import { execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'

/**
 * What tells a process from a later one with the same id: the moment it was started, as `ps` prints it (Linux and macOS).
 * Undefined when no such process lives.
 */
export function startTimeOf(pid: number): string | undefined {
  return askPs(pid, 'lstart')
}

/** Its command line; undefined when no such process lives. */
export function commandOf(pid: number): string | undefined {
  return askPs(pid, 'command')
}

/** Whether no thread of it runs: a while after SIGSTOP. Undefined where the system does not tell (no /proc), or no such process lives. */
export async function standsStill(pid: number): Promise<boolean | undefined> {
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

function askPs(pid: number, column: string): string | undefined {
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
