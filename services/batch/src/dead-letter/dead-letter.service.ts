import { DailyfeedError } from '@dailyfeed/contract/errors'
import type {
  GroupArchive as ArchiveRound,
  GroupReplay as ReplayRound,
} from '@dailyfeed/dead-letter/group-replay'
import type {
  DeadLetter as Listened,
  DeadLetterGroup as ListenedGroup,
  Replay as ListenedReplay,
} from '@dailyfeed/event-listener/dead-letter.schemas'
import type {
  Redelivery,
  PublisherDeadLetter,
  PublisherDeadLetterGroup,
} from '@dailyfeed/outbox/publisher-dead-letter.schemas'
import { ServiceRefusedError } from '@dailyfeed/service-client/service-errors'
import type { FastifyBaseLogger } from 'fastify'
import {
  type DeadLetterOwners,
  KEEPERS,
  KEEPING,
  type KeeperName,
  type Kind,
  KINDS,
} from './dead-letter-owners.ts'
import {
  listenerGroupOf,
  listenerLetterOf,
  publisherGroupOf,
  publisherLetterOf,
} from './dead-letter.mapper.ts'
import type {
  DeadLetter,
  DeadLetterGroup,
  GroupArchive,
  GroupReplay,
} from './dead-letter.schemas.ts'

export interface DeadLetterContext {
  deadLetterOwners: DeadLetterOwners
  log: Pick<FastifyBaseLogger, 'warn'>
}

export const PUBLIC_ID = new RegExp(`^(${KEEPING.join('|')})-(p?)([1-9][0-9]{0,14})$`)

/** Whose dead letters are asked for: all where it says nothing. */
export interface Selection {
  kind?: Kind | undefined
  service?: KeeperName | undefined
}

/** All groups of all owners, the latest first; an owner that is away takes away only its own. */
export async function listDeadLetterGroups(
  context: DeadLetterContext,
  selection: Selection = {},
): Promise<{ groups: DeadLetterGroup[]; unavailable: string[] }> {
  const { answers, unavailable } = await askAll<(ListenedGroup | PublisherDeadLetterGroup)[]>(
    context,
    '/groups',
    {},
    selection,
  )
  const groups = answers.flatMap((answer) =>
    answer.data.map((group) =>
      answer.kind === 'LISTENER'
        ? listenerGroupOf(answer.service, group as ListenedGroup)
        : publisherGroupOf(answer.service, group as PublisherDeadLetterGroup),
    ),
  )
  return { groups: groups.sort((a, b) => b.lastAt.localeCompare(a.lastAt)), unavailable }
}

export const getDeadLetterOrThrow = (
  context: DeadLetterContext,
  publicId: string,
): Promise<DeadLetter> => askForOne(context, publicId, '/find')

export const archiveDeadLetter = (
  context: DeadLetterContext,
  publicId: string,
): Promise<DeadLetter> => askForOne(context, publicId, '/archive')

export async function replayDeadLetter(
  context: DeadLetterContext,
  publicId: string,
): Promise<{ outcome: string; deadLetter: DeadLetter }> {
  const { kind, service, id } = readIdOrThrow(publicId)
  if (kind === 'PUBLISHER') {
    const { outcome, deadLetter } = await askOne<Redelivery>(context, kind, service, '/replay', id)
    return { outcome, deadLetter: publisherLetterOf(service, deadLetter) }
  }
  const { outcome, deadLetter } = await askOne<ListenedReplay>(
    context,
    kind,
    service,
    '/replay',
    id,
  )
  return { outcome, deadLetter: listenerLetterOf(service, deadLetter) }
}

/** One round over all of one cause. Zeros where none is open: asked twice, or too late, it does no more. */
export async function replayGroup(
  context: DeadLetterContext,
  fingerprint: string,
  since?: string,
): Promise<GroupReplay> {
  const { answers, unavailable } = await askAll<ReplayRound>(context, '/groups/replay', {
    fingerprint,
    ...(since === undefined ? {} : { since }),
  })
  const sum: GroupReplay = {
    replayed: 0,
    failedAgain: 0,
    remaining: 0,
    since: since ?? null,
    unavailable,
  }
  for (const { data } of answers) {
    sum.replayed += data.replayed
    sum.failedAgain += data.failedAgain
    sum.remaining += data.remaining
    // The owner's clock, of whoever has something of this cause: a fingerprint is one service's.
    if (data.replayed + data.failedAgain + data.remaining > 0) sum.since = data.since
  }
  return sum
}

/** The same for putting away. */
export async function archiveGroup(
  context: DeadLetterContext,
  fingerprint: string,
): Promise<GroupArchive> {
  const { answers, unavailable } = await askAll<ArchiveRound>(context, '/groups/archive', {
    fingerprint,
  })
  const sum: GroupArchive = { archived: 0, remaining: 0, unavailable }
  for (const { data } of answers) {
    sum.archived += data.count
    sum.remaining += data.remaining
  }
  return sum
}

function readIdOrThrow(publicId: string): { kind: Kind; service: KeeperName; id: number } {
  const [, service, mark, number] = PUBLIC_ID.exec(publicId) ?? []
  const kind = mark === 'p' ? 'PUBLISHER' : 'LISTENER'
  if (service === undefined || !(KEEPERS[kind].services as readonly string[]).includes(service))
    throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
  return { kind, service: service as KeeperName, id: Number(number) }
}

async function askForOne(
  context: DeadLetterContext,
  publicId: string,
  path: string,
): Promise<DeadLetter> {
  const { kind, service, id } = readIdOrThrow(publicId)
  const letter = await askOne<Listened | PublisherDeadLetter>(context, kind, service, path, id)
  return kind === 'LISTENER'
    ? listenerLetterOf(service, letter as Listened)
    : publisherLetterOf(service, letter as PublisherDeadLetter)
}

async function askOne<Owned>(
  context: DeadLetterContext,
  kind: Kind,
  service: KeeperName,
  path: string,
  id: number,
): Promise<Owned> {
  try {
    return await context.deadLetterOwners.ask<Owned>(kind, service, path, { id })
  } catch (error) {
    if (error instanceof ServiceRefusedError && error.code === 'DEAD_LETTER_NOT_FOUND')
      throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
    warnOf(context, service, error)
    throw new DailyfeedError('SERVICE_UNAVAILABLE')
  }
}

async function askAll<Data>(
  context: DeadLetterContext,
  path: string,
  body: object,
  { kind: onlyKind, service: onlyService }: Selection = {},
): Promise<{ answers: { kind: Kind; service: KeeperName; data: Data }[]; unavailable: string[] }> {
  const answers: { kind: Kind; service: KeeperName; data: Data }[] = []
  const unavailable = new Set<string>()
  const asked = KINDS.flatMap((kind) =>
    KEEPERS[kind].services.map((service) => ({ kind, service })),
  ).filter(
    ({ kind, service }) => (onlyKind ?? kind) === kind && (onlyService ?? service) === service,
  )
  await Promise.all(
    asked.map(async ({ kind, service }) => {
      try {
        answers.push({
          kind,
          service,
          data: await context.deadLetterOwners.ask<Data>(kind, service, path, body),
        })
      } catch (error) {
        warnOf(context, service, error)
        unavailable.add(service)
      }
    }),
  )
  return { answers, unavailable: [...unavailable].sort() }
}

const warnOf = ({ log }: DeadLetterContext, service: string, error: unknown) =>
  log.warn(
    { service, reason: error instanceof Error ? error.message : String(error) },
    'owner of dead letters could not be asked',
  )
