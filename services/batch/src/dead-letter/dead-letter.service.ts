import { DailyfeedError } from '@dailyfeed/code/errors'
import { ServiceRefusedError } from '@dailyfeed/service-client/service-errors'
import type { AdminContext } from '../context.ts'
import { LISTENERS, type ListenerName } from './dead-letter-owners.ts'
import type { DeadLetter, DeadLetterGroup, OwnedDeadLetter, OwnedGroup } from './dead-letter.schemas.ts'

const PUBLIC_ID = new RegExp(`^(${LISTENERS.join('|')})-([1-9][0-9]{0,14})$`)

/** All groups of all owners, the latest first; an owner that is away takes away only its own. */
export async function listDeadLetterGroups(context: AdminContext): Promise<{ groups: DeadLetterGroup[]; unavailable: ListenerName[] }> {
  const { answers, unavailable } = await askAll<OwnedGroup[]>(context, '/groups', {})
  const groups = answers.flatMap(({ service, data }) => data.map((group) => ({ ...group, service, latestId: `${service}-${group.latestId}` })))
  return { groups: groups.sort((a, b) => b.lastAt.localeCompare(a.lastAt)), unavailable }
}

export async function getDeadLetterOrThrow(context: AdminContext, publicId: string): Promise<DeadLetter> {
  return askOne(context, publicId, '/find', deadLetterOf)
}

export async function archiveDeadLetter(context: AdminContext, publicId: string): Promise<DeadLetter> {
  return askOne(context, publicId, '/archive', deadLetterOf)
}

export async function replayDeadLetter(context: AdminContext, publicId: string): Promise<{ outcome: string; deadLetter: DeadLetter }> {
  return askOne(context, publicId, '/replay', (service, { outcome, deadLetter }: { outcome: string; deadLetter: OwnedDeadLetter }) => ({
    outcome,
    deadLetter: deadLetterOf(service, deadLetter),
  }))
}

export async function replayGroup(context: AdminContext, fingerprint: string): Promise<{ replayed: number; failedAgain: number; unavailable: ListenerName[] }> {
  const { answers, unavailable } = await askAll<{ replayed: number; failedAgain: number }>(context, '/groups/replay', { fingerprint })
  const sum = { replayed: 0, failedAgain: 0 }
  for (const { data } of answers) {
    sum.replayed += data.replayed
    sum.failedAgain += data.failedAgain
  }
  // Where an owner is away, the group may be that one's.
  if (sum.replayed + sum.failedAgain === 0 && unavailable.length === 0) throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
  return { ...sum, unavailable }
}

async function askOne<Owned, Answer>(
  context: AdminContext,
  publicId: string,
  path: string,
  answerOf: (service: ListenerName, owned: Owned) => Answer,
): Promise<Answer> {
  const [, service, number] = PUBLIC_ID.exec(publicId) ?? []
  if (service === undefined) throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
  try {
    return answerOf(service as ListenerName, await context.deadLetterOwners.ask<Owned>(service as ListenerName, path, { id: Number(number) }))
  } catch (error) {
    if (error instanceof ServiceRefusedError && error.code === 'DEAD_LETTER_NOT_FOUND') throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
    warnOf(context, service, error)
    throw new DailyfeedError('SERVICE_UNAVAILABLE')
  }
}

async function askAll<Data>(
  context: AdminContext,
  path: string,
  body: object,
): Promise<{ answers: { service: ListenerName; data: Data }[]; unavailable: ListenerName[] }> {
  const answers: { service: ListenerName; data: Data }[] = []
  const unavailable: ListenerName[] = []
  await Promise.all(
    LISTENERS.map(async (service) => {
      try {
        answers.push({ service, data: await context.deadLetterOwners.ask<Data>(service, path, body) })
      } catch (error) {
        warnOf(context, service, error)
        unavailable.push(service)
      }
    }),
  )
  return { answers, unavailable: unavailable.sort() }
}

const warnOf = ({ log }: AdminContext, service: string, error: unknown) =>
  log.warn({ service, reason: error instanceof Error ? error.message : String(error) }, 'owner of dead letters could not be asked')

const deadLetterOf = (service: ListenerName, letter: OwnedDeadLetter): DeadLetter => ({ ...letter, service, id: `${service}-${letter.id}` })
