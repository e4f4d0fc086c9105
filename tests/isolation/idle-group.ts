import { mkdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { descendantsOf } from '../process-family.ts'

/** A control group of Linux whose processes run only where no other wants to: `CPUWeight=idle` of systemd. */
export interface IdleGroup {
  /** Before a command: it is in the group from its first step on, with all that it starts. */
  launcher: readonly string[]
  /** One that runs already, with all that it has started. */
  add(pid: number): Promise<void>
  /** Once all of its processes have ended. */
  remove(): Promise<void>
}

/** Of control groups v1, and of v2. */
const PLACES = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup']
const ENDED_WITHIN_MILLISECONDS = 5_000

/** Undefined where this user can make none. */
export async function makeIdleGroup(): Promise<IdleGroup | undefined> {
  for (const place of PLACES) {
    const folder = join(place, `dailyfeed-reads-${process.pid}`)
    try {
      await mkdir(folder)
    } catch {
      continue
    }
    try {
      await writeFile(join(folder, 'cpu.idle'), '1')
      return groupAt(folder)
    } catch {
      // Without a cpu controller.
      await rmdir(folder)
    }
  }
  return undefined
}

function groupAt(folder: string): IdleGroup {
  const members = join(folder, 'cgroup.procs')
  return {
    launcher: ['sh', '-c', 'echo $$ > "$0" && exec "$@"', members],
    async add(pid) {
      // It first: what it starts from here on is in the group by itself.
      await writeFile(members, String(pid))
      for (const one of await descendantsOf(pid)) await writeFile(members, String(one))
    },
    async remove() {
      for (const until = performance.now() + ENDED_WITHIN_MILLISECONDS; ; ) {
        try {
          return await rmdir(folder)
        } catch (error) {
          if (performance.now() > until) throw error
          await sleep(50)
        }
      }
    },
  }
}
