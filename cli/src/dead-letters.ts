import {
  createDeadLetterOwners,
  type KeeperName,
} from '@dailyfeed/batch/dead-letter/dead-letter-owners'
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
import { CommandError } from './installation.ts'
import { progressBars } from './progress-bar.ts'
import { servicesOrThrow } from './services.ts'

type Context = Parameters<typeof listDeadLetterGroups>[0]

/** Which dead letters are meant: one by its id, or all of one cause. */
export type Asked =
  | { id: string; fingerprint?: undefined }
  | { id?: undefined; fingerprint: string }

/** What was done with them. Nothing to do is no fault: the command is safe twice. */
export interface Done {
  outcome: string
  replayed?: number
  failedAgain?: number
  archived?: number
  /** Of a cause, still open and not tried: others have them in hand. */
  remaining?: number
  unavailable: string[]
}

const NOTHING = 'NOTHING_TO_DO'

async function withOwners<Answer>(
  env: NodeJS.ProcessEnv,
  work: (context: Context) => Promise<Answer>,
): Promise<Answer> {
  const { urls, internalToken } = await servicesOrThrow(env)
  const deadLetterOwners = createDeadLetterOwners(urls as Record<KeeperName, string>, internalToken)
  try {
    return await work({ deadLetterOwners, log: { warn() {} } })
  } catch (error) {
    if (!(error instanceof DailyfeedError)) throw error
    if (error.code === 'DEAD_LETTER_NOT_FOUND')
      throw new CommandError(
        'there is no such dead letter; dailyfeed dead-letters list shows those that are there',
      )
    throw new CommandError(
      'the service that keeps it does not answer; see whether it runs, and try again',
    )
  } finally {
    await deadLetterOwners.close()
  }
}

export const listDeadLetters = (
  env: NodeJS.ProcessEnv,
  selection: Selection,
): Promise<{ groups: DeadLetterGroup[]; unavailable: string[] }> =>
  withOwners(env, (context) => listDeadLetterGroups(context, selection))

/** Throws a CommandError for what cannot be one, before anybody is asked. */
export function checkId(id: string): void {
  if (!PUBLIC_ID.test(id))
    throw new CommandError(
      `'${id}' is no id of a dead letter; ids are such as activity-12 (of a listener) and content-p12 (of a publisher)`,
    )
}

export const showDeadLetter = (env: NodeJS.ProcessEnv, id: string): Promise<DeadLetter> =>
  withOwners(env, (context) => getDeadLetterOrThrow(context, id))

export const replayDeadLetters = (env: NodeJS.ProcessEnv, asked: Asked): Promise<Done> =>
  withOwners(env, async (context) => {
    if (asked.id !== undefined)
      return { outcome: (await replayDeadLetter(context, asked.id)).outcome, unavailable: [] }
    return replayAll(context, asked.fingerprint)
  })

export const archiveDeadLetters = (env: NodeJS.ProcessEnv, asked: Asked): Promise<Done> =>
  withOwners(env, async (context) => {
    if (asked.id !== undefined) {
      const before = await getDeadLetterOrThrow(context, asked.id)
      const { status } = await archiveDeadLetter(context, asked.id)
      // What took effect, or is tried by itself, is not put away.
      return {
        outcome: status === 'ARCHIVED' && before.status !== 'ARCHIVED' ? 'ARCHIVED' : NOTHING,
        unavailable: [],
      }
    }
    return archiveAll(context, asked.fingerprint)
  })

/** Rounds of a few seconds, until each has been tried once. */
async function replayAll(context: Context, fingerprint: string): Promise<Done> {
  const bars = progressBars()
  const done = { replayed: 0, failedAgain: 0, remaining: 0, unavailable: [] as string[] }
  let since: string | undefined
  for (;;) {
    const round = await replayGroup(context, fingerprint, since)
    done.replayed += round.replayed
    done.failedAgain += round.failedAgain
    done.remaining = round.remaining
    done.unavailable = round.unavailable
    since = round.since ?? undefined
    const tried = done.replayed + done.failedAgain
    if (tried + round.remaining > 0) bars.update('replay', tried, tried + round.remaining)
    // Others have those in hand that neither this round nor the one before got.
    if (round.remaining === 0 || round.replayed + round.failedAgain === 0) break
  }
  bars.stop()
  return {
    outcome: done.replayed + done.failedAgain + done.remaining === 0 ? NOTHING : 'REPLAYED',
    ...done,
  }
}

async function archiveAll(context: Context, fingerprint: string): Promise<Done> {
  const bars = progressBars()
  const done = { archived: 0, remaining: 0, unavailable: [] as string[] }
  for (;;) {
    const round = await archiveGroup(context, fingerprint)
    done.archived += round.archived
    done.remaining = round.remaining
    done.unavailable = round.unavailable
    if (done.archived + round.remaining > 0)
      bars.update('archive', done.archived, done.archived + round.remaining)
    if (round.remaining === 0 || round.archived === 0) break
  }
  bars.stop()
  return { outcome: done.archived + done.remaining === 0 ? NOTHING : 'ARCHIVED', ...done }
}

const SHOWN_CHARACTERS = 90

export function describeGroups(groups: readonly DeadLetterGroup[]): string {
  if (groups.length === 0) return 'no dead letters'
  return groups
    .map(
      ({ kind, service, step, status, count, fingerprint, message, firstAt, lastAt, latestId }) =>
        [
          `${fingerprint}  ${String(count).padStart(7)}  ${kind === 'LISTENER' ? `${service}, ${step}` : `${service} ${step}`}, ${status}`,
          `    ${message.slice(0, SHOWN_CHARACTERS)}`,
          `    from ${firstAt} to ${lastAt}, the latest is ${latestId}`,
        ].join('\n'),
    )
    .join('\n')
}

export const describeLetter = ({ payload, stack, headers, ...fields }: DeadLetter): string =>
  [
    ...Object.entries(fields)
      .filter(([, value]) => value !== null && value !== '')
      .map(([name, value]) => `${name.padEnd(12)}  ${value}`),
    ...(headers === null || Object.keys(headers).length === 0
      ? []
      : [`headers       ${JSON.stringify(headers)}`]),
    `payload       ${payload}`,
    ...(stack === null ? [] : [stack]),
  ].join('\n')

export function describeDone(done: Done): string {
  const said = [sayDone(done)]
  if ((done.remaining ?? 0) > 0)
    said.push(`${done.remaining} left: something else has them in hand, ask again`)
  if (done.unavailable.length > 0)
    said.push(`not asked, since they do not answer: ${done.unavailable.join(', ')}`)
  return said.join('; ')
}

function sayDone({ outcome, replayed, failedAgain, archived }: Done): string {
  if (outcome === NOTHING || outcome === 'NOT_OPEN') return 'nothing to do: none of them is open'
  if (replayed !== undefined) return `${replayed} replayed, ${failedAgain} failed again`
  if (archived !== undefined) return `${archived} archived`
  return SAID_OF_ONE[outcome] ?? outcome
}

const SAID_OF_ONE: Record<string, string> = {
  REPLAYED: 'replayed: it took effect',
  FAILED_AGAIN: 'it failed again; dailyfeed dead-letters show tells why',
  IN_PROGRESS: 'another replay has it in hand',
  SENT_AGAIN: 'on its way again',
  ARCHIVED: 'archived',
}
