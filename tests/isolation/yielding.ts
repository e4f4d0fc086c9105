import { writeFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { familyOf, runningPids } from '../process-family.ts'

const LEAST_PRIORITY = 19
const LOOK_EVERY_MILLISECONDS = 200

export interface Yielding {
  /** From now on, with all that it starts. */
  add(pid: number): void
  stop(): void
}

/**
 * Processes that yield to all others. `nice` alone does not do it where Linux shares its processors among sessions first
 * (`kernel.sched_autogroup_enabled`): it counts within a session, and each backend of PostgreSQL has one of its own.
 */
export function startYielding(): Yielding {
  const roots = new Set<number>()
  const yielding = new Set<number>()
  const others = new Set<number>()

  const look = async () => {
    for (const pid of await runningPids()) {
      if (yielding.has(pid) || others.has(pid)) continue
      const { parent, session } = await familyOf(pid)
      if (!roots.has(pid) && !yielding.has(parent)) others.add(pid)
      else if (await lower(pid, session)) yielding.add(pid)
    }
  }
  const looking = setInterval(() => void look(), LOOK_EVERY_MILLISECONDS)
  return {
    add(pid) {
      roots.add(pid)
      others.clear()
    },
    stop: () => clearInterval(looking),
  }
}

/** False where it has to be tried again: who is not root may change few groups in a second. */
async function lower(pid: number, session: number): Promise<boolean> {
  try {
    setPriority(pid, LEAST_PRIORITY)
    if (session === pid) await writeFile(`/proc/${pid}/autogroup`, String(LEAST_PRIORITY))
    return true
  } catch (error) {
    // It has ended meanwhile, or this system has no groups of sessions.
    return (error as NodeJS.ErrnoException).code !== 'EAGAIN'
  }
}
