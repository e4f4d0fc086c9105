import { readdir, readFile } from 'node:fs/promises'

/** The ids of all direct and indirect children of a process; none where the system has no /proc. */
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

/** Returns 0 for a process that has ended. */
async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name in parentheses may contain any character; state and parent follow its last one.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}
