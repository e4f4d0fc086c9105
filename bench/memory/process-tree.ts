import { readFile } from 'node:fs/promises'
import { descendantsOf } from '@dailyfeed/tests/process-family'

/** Megabytes of PSS: a page that several processes share is counted once. */
export interface TreeMemory {
  root: number
  descendants: number
}

/** Of a process and all that it started. Only Linux tells it. */
export async function memoryOf(pid: number): Promise<TreeMemory> {
  const root = await pssOf(pid)
  if (root === 0)
    throw new Error(
      `/proc/${pid}/smaps_rollup tells no memory: the process is gone, or this is not Linux`,
    )
  const descendants = await Promise.all((await descendantsOf(pid)).map(pssOf))
  return { root, descendants: descendants.reduce((sum, megabytes) => sum + megabytes, 0) }
}

async function pssOf(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss: +(\d+) kB$/m.exec(rollup)?.[1] ?? 0) / 1_024
}
