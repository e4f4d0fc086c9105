import { DailyfeedError } from '@dailyfeed/contract/errors'
import type {
  GroupArchive as StoreArchive,
  GroupReplay as StoreReplay,
} from '@dailyfeed/dead-letter/group-replay'
import type {
  DeadLetter as ListenerLetter,
  DeadLetterGroup as ListenerGroup,
  Replay as ListenerReplay,
} from '@dailyfeed/event-listener/dead-letter.schemas'
import type {
  PublisherDeadLetter,
  PublisherDeadLetterGroup,
  Redelivery,
} from '@dailyfeed/outbox/publisher-dead-letter.schemas'
import { countWithin, MAX_CONTENT_BYTES } from '@dailyfeed/pagination-support/answer-bytes'
import type { AdminContext } from '../context.ts'
import { callAllStores, callStore } from './dead-letter-calls.ts'
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
import { isStoreOf, type Kind, STORES, type StoreName } from './dead-letter-stores.ts'

type DeadLetterContext = Pick<AdminContext, 'owners' | 'log'>

/** `content-12` is a listener's dead letter of content-svc, `content-p12` a publisher's. */
export const PUBLIC_ID = new RegExp(`^(${STORES.join('|')})-(p?)([1-9][0-9]{0,14})$`)

/** The dead letters that a request is about; all of them without a filter. */
export interface Selection {
  kind?: Kind | undefined
  service?: StoreName | undefined
}

/**
 * The groups of all stores, the latest first, as many as an answer holds. A store that cannot be reached is named, and
 * the others are listed.
 */
export async function listDeadLetterGroups(
  context: DeadLetterContext,
  selection: Selection = {},
): Promise<{ groups: DeadLetterGroup[]; hasMore: boolean; unavailable: string[] }> {
  const { answers, unavailable } = await callAllStores<
    (ListenerGroup | PublisherDeadLetterGroup)[]
  >(context, '/groups', {}, selection)
  const groups = answers.flatMap((answer) =>
    answer.data.map((group) =>
      answer.kind === 'LISTENER'
        ? listenerGroupOf(answer.service, group as ListenerGroup)
        : publisherGroupOf(answer.service, group as PublisherDeadLetterGroup),
    ),
  )
  groups.sort((a, b) => b.lastAt.localeCompare(a.lastAt))
  const shown = groups.slice(0, countWithin(groups, MAX_CONTENT_BYTES))
  return { groups: shown, hasMore: shown.length < groups.length, unavailable }
}

export const getDeadLetterOrThrow = (
  context: DeadLetterContext,
  publicId: string,
): Promise<DeadLetter> => callForLetter(context, publicId, '/find')

export const archiveDeadLetter = (
  context: DeadLetterContext,
  publicId: string,
): Promise<DeadLetter> => callForLetter(context, publicId, '/archive')

export async function replayDeadLetter(
  context: DeadLetterContext,
  publicId: string,
): Promise<{ outcome: string; deadLetter: DeadLetter }> {
  const { kind, service, id } = readIdOrThrow(publicId)
  if (kind === 'PUBLISHER') {
    const { outcome, deadLetter } = await callStore<Redelivery>(context, {
      kind,
      service,
      path: '/replay',
      body: { id },
    })
    return { outcome, deadLetter: publisherLetterOf(service, deadLetter) }
  }
  const { outcome, deadLetter } = await callStore<ListenerReplay>(context, {
    kind,
    service,
    path: '/replay',
    body: { id },
  })
  return { outcome, deadLetter: listenerLetterOf(service, deadLetter) }
}

/** One round of replay over all dead letters of one cause. The figures are zero where none is open any more. */
export async function replayGroup(
  context: DeadLetterContext,
  fingerprint: string,
  since?: string,
): Promise<GroupReplay> {
  const { answers, unavailable } = await callAllStores<StoreReplay>(context, '/groups/replay', {
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
    // A fingerprint belongs to one service, so one store has work to do: the next round needs that store's time.
    if (data.replayed + data.failedAgain + data.remaining > 0) sum.since = data.since
  }
  return sum
}

/** Archives a part of all dead letters of one cause. */
export async function archiveGroup(
  context: DeadLetterContext,
  fingerprint: string,
): Promise<GroupArchive> {
  const { answers, unavailable } = await callAllStores<StoreArchive>(context, '/groups/archive', {
    fingerprint,
  })
  const sum: GroupArchive = { archived: 0, remaining: 0, unavailable }
  for (const { data } of answers) {
    sum.archived += data.count
    sum.remaining += data.remaining
  }
  return sum
}

function readIdOrThrow(publicId: string): { kind: Kind; service: StoreName; id: number } {
  const [, service = '', mark, number] = PUBLIC_ID.exec(publicId) ?? []
  const kind = mark === 'p' ? 'PUBLISHER' : 'LISTENER'
  if (!isStoreOf(kind, service)) throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
  return { kind, service, id: Number(number) }
}

async function callForLetter(
  context: DeadLetterContext,
  publicId: string,
  path: string,
): Promise<DeadLetter> {
  const { kind, service, id } = readIdOrThrow(publicId)
  const body = { id }
  return kind === 'LISTENER'
    ? listenerLetterOf(
        service,
        await callStore<ListenerLetter>(context, { kind, service, path, body }),
      )
    : publisherLetterOf(
        service,
        await callStore<PublisherDeadLetter>(context, { kind, service, path, body }),
      )
}
