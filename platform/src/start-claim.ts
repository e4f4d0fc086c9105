import { createHash } from 'node:crypto'
import { readdir, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identityOf } from './process-identity.ts'

const PREFIX = 'platform.claim.'
/** About 20 s: other starts need a few milliseconds each. */
const ATTEMPTS = 200

/**
 * Runs `work` while no other start of the folder does. Returns undefined if that is impossible.
 *
 * Each process first creates a claim and then reads the claims of others: of two processes at least
 * one sees the other, withdraws, and tries again after a random pause. Claims name the processes
 * that made them, so that those of killed processes do not count.
 */
export async function whileClaimed<Outcome>(
  folder: string,
  work: () => Outcome,
): Promise<{ outcome: Outcome } | undefined> {
  const mine = claimOf(process.pid)
  if (mine === undefined) return { outcome: work() }
  const path = join(folder, mine)
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    await writeFile(path, '')
    try {
      if (!(await isClaimedByOther(folder, mine))) return { outcome: work() }
    } finally {
      await unlink(path).catch(() => {})
    }
    await sleep(20 + Math.random() * 160)
  }
  return undefined
}

async function isClaimedByOther(folder: string, mine: string): Promise<boolean> {
  const claims = (await readdir(folder)).filter((name) => name.startsWith(PREFIX) && name !== mine)
  let isClaimed = false
  for (const claim of claims) {
    const pid = Number(claim.slice(PREFIX.length).split('.')[0])
    if (claimOf(pid) === claim) isClaimed = true
    // The process has ended, and its identity never comes back.
    else await unlink(join(folder, claim)).catch(() => {})
  }
  return isClaimed
}

function claimOf(pid: number): string | undefined {
  const identity = identityOf(pid)
  if (identity === undefined) return undefined
  const digest = createHash('sha256').update(identity).digest('hex').slice(0, 16)
  return `${PREFIX}${pid}.${digest}`
}
