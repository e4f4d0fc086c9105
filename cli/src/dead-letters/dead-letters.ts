import type { DeadLetter, DeadLetterGroup } from '@dailyfeed/batch/dead-letter/dead-letter.schemas'
import {
  archiveDeadLetter,
  archiveGroup,
  getDeadLetterOrThrow,
  listDeadLetterGroups,
  PUBLIC_ID,
  replayDeadLetter,
  replayGroup,
  type Selection,
} from '@dailyfeed/batch/dead-letter/dead-letter.service'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import { CommandError } from '../installation.ts'
import { progressBars } from '../progress-bars.ts'
import { withOwners } from '../services.ts'

type Context = Parameters<typeof listDeadLetterGroups>[0]

/** One dead letter, or all of one cause. */
export type Target =
  | { id: string; fingerprint?: undefined }
  | { id?: undefined; fingerprint: string }

/** The result of a command. Nothing to do is no failure: a command can be repeated safely. */
export interface Outcome {
  outcome: string
  replayed?: number
  failedAgain?: number
  archived?: number
  /** Dead letters of the cause that are still open, since another replay has claimed them. */
  remaining?: number
  unavailable: string[]
}

const NOTHING = 'NOTHING_TO_DO'

const silent = () => {}
const NO_LOG = { info: silent, warn: silent, error: silent }

const inContext = <Answer>(
  env: NodeJS.ProcessEnv,
  work: (context: Context) => Promise<Answer>,
): Promise<Answer> =>
  withOwners(env, async (owners) => {
    try {
      return await work({ owners, log: NO_LOG })
    } catch (error) {
      if (!(error instanceof DailyfeedError)) throw error
      throw new CommandError(
        error.code === 'DEAD_LETTER_NOT_FOUND'
          ? 'there is no such dead letter; dailyfeed dead-letters list shows those that exist'
          : 'the service that stores it does not answer; check that it runs, then try again',
      )
    }
  })

export const listDeadLetters = (
  env: NodeJS.ProcessEnv,
  selection: Selection,
): Promise<{ groups: DeadLetterGroup[]; unavailable: string[] }> =>
  inContext(env, (context) => listDeadLetterGroups(context, selection))

/** Throws a CommandError for a text that cannot be an id, before any service is called. */
export function checkIdOrThrow(id: string): void {
  if (!PUBLIC_ID.test(id))
    throw new CommandError(
      `'${id}' is not the id of a dead letter; ids look like activity-12 (of a listener) or content-p12 (of a publisher)`,
    )
}

export const showDeadLetter = (env: NodeJS.ProcessEnv, id: string): Promise<DeadLetter> =>
  inContext(env, (context) => getDeadLetterOrThrow(context, id))

export const replayDeadLetters = (env: NodeJS.ProcessEnv, target: Target): Promise<Outcome> =>
  inContext(env, async (context) => {
    if (target.id === undefined) return replayAll(context, target.fingerprint)
    const { outcome } = await replayDeadLetter(context, target.id)
    return { outcome, unavailable: [] }
  })

export const archiveDeadLetters = (env: NodeJS.ProcessEnv, target: Target): Promise<Outcome> =>
  inContext(env, async (context) => {
    if (target.id === undefined) return archiveAll(context, target.fingerprint)
    const before = await getDeadLetterOrThrow(context, target.id)
    const after = await archiveDeadLetter(context, target.id)
    // A dead letter that took effect, or is delivered again automatically, is not archived.
    const isArchived = after.status === 'ARCHIVED' && before.status !== 'ARCHIVED'
    return { outcome: isArchived ? 'ARCHIVED' : NOTHING, unavailable: [] }
  })

/** Repeats rounds of a few seconds until each dead letter has been tried once. */
async function replayAll(context: Context, fingerprint: string): Promise<Outcome> {
  const bars = progressBars()
  const sum = { replayed: 0, failedAgain: 0, remaining: 0, unavailable: [] as string[] }
  let since: string | undefined
  for (;;) {
    const round = await replayGroup(context, fingerprint, since)
    sum.replayed += round.replayed
    sum.failedAgain += round.failedAgain
    sum.remaining = round.remaining
    sum.unavailable = round.unavailable
    since = round.since ?? undefined
    const tried = sum.replayed + sum.failedAgain
    if (tried + round.remaining > 0) bars.update('replay', tried, tried + round.remaining)
    // A round without progress leaves only those that another replay has claimed.
    if (round.remaining === 0 || round.replayed + round.failedAgain === 0) break
  }
  bars.stop()
  const isNothing = sum.replayed + sum.failedAgain + sum.remaining === 0
  return { outcome: isNothing ? NOTHING : 'REPLAYED', ...sum }
}

async function archiveAll(context: Context, fingerprint: string): Promise<Outcome> {
  const bars = progressBars()
  const sum = { archived: 0, remaining: 0, unavailable: [] as string[] }
  for (;;) {
    const round = await archiveGroup(context, fingerprint)
    sum.archived += round.archived
    sum.remaining = round.remaining
    sum.unavailable = round.unavailable
    if (sum.archived + round.remaining > 0)
      bars.update('archive', sum.archived, sum.archived + round.remaining)
    if (round.remaining === 0 || round.archived === 0) break
  }
  bars.stop()
  return { outcome: sum.archived + sum.remaining === 0 ? NOTHING : 'ARCHIVED', ...sum }
}
