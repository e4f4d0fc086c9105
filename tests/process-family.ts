import { readdir, readFile } from 'node:fs/promises'

/** Of all processes that run now. None where the system has no /proc. */
export const runningPids = async (): Promise<number[]> => (await readdir('/proc').catch(() => [])).map(Number).filter(Number.isSafeInteger)

/** Of a process: who started it, and who leads its session. 0 for one that has ended meanwhile. */
export async function familyOf(pid: number): Promise<{ parent: number; session: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // After the name, which may hold anything: state, parent, process group, session.
  const [, parent = 0, , session = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  return { parent, session }
}
