import { mkdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { descendantsOf } from '../process-family.ts'

/**
 * A Linux control group whose processes run only when no other process wants the processor, like
 * `CPUWeight=idle` of systemd.
 */
export interface IdleGroup {
  /** Put before a command, it starts the command, and all that it starts, in the group. */
  launcher: readonly string[]
  /** Moves a running process and its descendants into the group. */
  add(pid: number): Promise<void>
  /** Waits until all processes of the group have ended, and removes it. */
  remove(): Promise<void>
}

/** The folders of control groups v1 and v2. */
const FOLDERS = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup']

/** Returns undefined where this user may not create control groups. */
export async function makeIdleGroup(): Promise<IdleGroup | undefined> {
  for (const parent of FOLDERS) {
    const folder = join(parent, `dailyfeed-reads-${process.pid}`)
    try {
      await mkdir(folder)
    } catch {
      continue
    }
    try {
      await writeFile(join(folder, 'cpu.idle'), '1')
      return groupAt(folder)
    } catch {
      // This hierarchy has no cpu controller.
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
      // The process first: the processes that it starts from now on inherit the group.
      await writeFile(members, String(pid))
      for (const one of await descendantsOf(pid)) await writeFile(members, String(one))
    },
    async remove() {
      const tryRemove = () =>
        rmdir(folder).then(
          () => 'removed',
          (error: Error) => error.message,
        )
      await eventually(`${folder} is removed`, tryRemove, (outcome) => outcome === 'removed')
    },
  }
}
