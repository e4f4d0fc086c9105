import { readdir, readFile } from 'node:fs/promises'

/** Megabytes of PSS: a page that several processes share is counted once. */
export interface TreeMemory {
  root: number
  descendants: number
}

/** Of a process and all that it started. Only Linux tells it. */
export async function memoryOf(pid: number): Promise<TreeMemory> {
  const root = await pssOf(pid)
  if (root === 0) throw new Error(`/proc/${pid}/smaps_rollup tells no memory: the process is gone, or this is not Linux`)
  const descendants = await Promise.all((await descendantsOf(pid)).map(pssOf))
  return { root, descendants: descendants.reduce((sum, megabytes) => sum + megabytes, 0) }
}

async function descendantsOf(pid: number): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isSafeInteger)
  const childrenOf = new Map<number, number[]>()
  for (const [child, parent] of await Promise.all(pids.map(async (one) => [one, await parentOf(one)] as const)))
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), child])
  const found = [...(childrenOf.get(pid) ?? [])]
  for (const one of found) found.push(...(childrenOf.get(one) ?? []))
  return found
}

/** What stands after the name, which may hold anything. 0 for one that has ended meanwhile. */
async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}

async function pssOf(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss: +(\d+) kB$/m.exec(rollup)?.[1] ?? 0) / 1_024
}
