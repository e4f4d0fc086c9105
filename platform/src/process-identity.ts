import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'

/**
 * Distinguishes a process from every other one that has had or will have its id. Undefined when no
 * such process runs; one that has ended and was not awaited by its parent does not run.
 */
export function identityOf(pid: number): string | undefined {
  return process.platform === 'linux' ? linuxIdentityOf(pid) : startTimeOf(pid)
}

/**
 * Start time of a process as `ps` prints it. On Linux it is derived from the clock and from TZ, so
 * that it changes when either of them does: there it is compared with locks of earlier releases only.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    const answer = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return answer === '' ? undefined : answer
  } catch {
    return undefined
  }
}

/** The boot of the machine, and the ticks of its clock from there to the start of the process. */
function linuxIdentityOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in parentheses may contain any character; the fields after its last one are counted.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state = 'X', startTicks] = [fields[0], fields[19]]
    return 'ZX'.includes(state) ? undefined : `${boot}:${startTicks}`
  } catch {
    return undefined
  }
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
