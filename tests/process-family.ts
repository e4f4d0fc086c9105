import { readdir, readFile } from 'node:fs/promises'

/** All that a process started, and what those did. None where the system has no /proc. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const childrenOf = new Map<number, number[]>()
  for (const [child, parent] of await Promise.all(
    (await runningPids()).map(async (one) => [one, await parentOf(one)] as const),
  ))
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), child])
  const found = [...(childrenOf.get(pid) ?? [])]
  for (const one of found) found.push(...(childrenOf.get(one) ?? []))
  return found
}

const runningPids = async (): Promise<number[]> =>
  (await readdir('/proc').catch(() => [])).map(Number).filter(Number.isSafeInteger)

/** 0 for a process that has ended meanwhile. */
async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // After the name, which may hold anything: state, parent.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}
