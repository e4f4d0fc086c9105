import { readFile } from 'node:fs/promises'
import { descendantsOf } from '@dailyfeed/tests/process-family'

/** Megabytes of PSS, which counts a page that several processes share only once. */
export interface TreeMemory {
  root: number
  descendants: number
}

/** The memory of a process and of all its descendants. Only Linux reports it. */
export async function memoryOf(pid: number): Promise<TreeMemory> {
  const root = await pssOf(pid)
  if (root === 0)
    throw new Error(
      `/proc/${pid}/smaps_rollup shows no memory: the process has ended, or this is not Linux`,
    )
  const descendants = await Promise.all((await descendantsOf(pid)).map(pssOf))
  return { root, descendants: descendants.reduce((sum, megabytes) => sum + megabytes, 0) }
}

async function pssOf(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss: +(\d+) kB$/m.exec(rollup)?.[1] ?? 0) / 1_024
}
