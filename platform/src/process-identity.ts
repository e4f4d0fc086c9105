import { execFileSync } from 'node:child_process'

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
