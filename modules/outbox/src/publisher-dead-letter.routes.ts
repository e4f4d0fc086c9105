import { DailyfeedError } from '@dailyfeed/contract/errors'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { Sql } from 'postgres'
import Type from 'typebox'
import {
  ByFingerprint,
  GroupArchive,
  GroupReplay,
  GroupRound,
} from '@dailyfeed/dead-letter/group-replay'
import { toEventJson } from './event-text.ts'
import {
  archiveGroup,
  listPublisherDeadLetters,
  redeliverGroup,
  type PublisherDeadLetterGroup as Group,
  publisherFingerprintOf,
  writtenAt,
} from './publisher-dead-letter.ts'
import {
  archivePublisherDeadLetter,
  deliverAgainOne,
  findPublisherDeadLetter,
  type PublisherDeadLetterRow,
} from './publisher-dead-letter.queries.ts'

export const PUBLISHER_DEAD_LETTERS_PATH = '/internal/undelivered'

export const PublisherDeadLetterGroup = Type.Object({
  fingerprint: Type.String(),
  destination: Type.String({ description: 'kafka, or a service' }),
  status: Type.Enum(['PENDING', 'DEAD'], {
    description: 'PENDING: tried again by itself. DEAD: refused for good',
  }),
  message: Type.String({ description: 'of the latest attempt' }),
  count: Type.Integer(),
  firstAt: Type.String(),
  lastAt: Type.String(),
  latestId: Type.Integer(),
})
export type PublisherDeadLetterGroup = Type.Static<typeof PublisherDeadLetterGroup>

export const PublisherDeadLetter = Type.Object({
  id: Type.Integer(),
  eventId: Type.String(),
  destination: Type.String(),
  status: Type.Enum(['PENDING', 'DEAD', 'ARCHIVED']),
  message: Type.Union([Type.String(), Type.Null()]),
  attempts: Type.Integer(),
  replayCount: Type.Integer(),
  lastAttemptAt: Type.Union([Type.String(), Type.Null()]),
  fingerprint: Type.String(),
  createdAt: Type.String(),
  payload: Type.String({ description: 'the event' }),
})
export type PublisherDeadLetter = Type.Static<typeof PublisherDeadLetter>

/** NOT_OPEN: it is on its way already, or archived. */
export const Redelivery = Type.Object({
  outcome: Type.Enum(['SENT_AGAIN', 'NOT_OPEN']),
  deadLetter: PublisherDeadLetter,
})
export type Redelivery = Type.Static<typeof Redelivery>

interface UndeliveredRoutesOptions {
  sql: Sql
  schema: string
  wakeRelay: () => void
}

const ById = Type.Object({ id: Type.Integer({ minimum: 1 }) })

/** The publisher dead letters of a service, for batch-svc. POST alone: these are calls of a service, not pages. */
export function registerPublisherDeadLetterRoutes(
  app: HttpServer,
  { sql, schema, wakeRelay }: UndeliveredRoutesOptions,
): void {
  const config = { access: 'INTERNAL' as const, callers: ['batch'] }

  async function getUndeliveredOrThrow(id: number): Promise<PublisherDeadLetter> {
    const row = await findPublisherDeadLetter(sql, schema, id)
    if (row === undefined) throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
    return undeliveredOf(schema, row)
  }

  app.post(
    `${PUBLISHER_DEAD_LETTERS_PATH}/groups`,
    {
      config,
      schema: { hide: true, response: { 200: successOf(Type.Array(PublisherDeadLetterGroup)) } },
    },
    async () => success(200, (await listPublisherDeadLetters(sql, schema)).map(groupOf)),
  )

  app.post(
    `${PUBLISHER_DEAD_LETTERS_PATH}/find`,
    {
      config,
      schema: { hide: true, body: ById, response: { 200: successOf(PublisherDeadLetter) } },
    },
    async (request) => success(200, await getUndeliveredOrThrow(request.body.id)),
  )

  app.post(
    `${PUBLISHER_DEAD_LETTERS_PATH}/replay`,
    { config, schema: { hide: true, body: ById, response: { 200: successOf(Redelivery) } } },
    async (request) => {
      const before = await getUndeliveredOrThrow(request.body.id)
      const count = await deliverAgainOne(sql, schema, request.body.id)
      // The relay takes the row away as soon as it is delivered.
      const deadLetter =
        count === 0
          ? before
          : { ...before, status: 'PENDING' as const, replayCount: before.replayCount + 1 }
      wakeRelay()
      return success(200, {
        outcome: count === 0 ? ('NOT_OPEN' as const) : ('SENT_AGAIN' as const),
        deadLetter,
      })
    },
  )

  app.post(
    `${PUBLISHER_DEAD_LETTERS_PATH}/archive`,
    {
      config,
      schema: { hide: true, body: ById, response: { 200: successOf(PublisherDeadLetter) } },
    },
    async (request) => {
      await archivePublisherDeadLetter(sql, schema, request.body.id)
      return success(200, await getUndeliveredOrThrow(request.body.id))
    },
  )

  app.post(
    `${PUBLISHER_DEAD_LETTERS_PATH}/groups/replay`,
    { config, schema: { hide: true, body: GroupRound, response: { 200: successOf(GroupReplay) } } },
    async (request) => {
      const round = await redeliverGroup(sql, schema, request.body.fingerprint, request.body.since)
      wakeRelay()
      return success(200, round)
    },
  )

  app.post(
    `${PUBLISHER_DEAD_LETTERS_PATH}/groups/archive`,
    {
      config,
      schema: { hide: true, body: ByFingerprint, response: { 200: successOf(GroupArchive) } },
    },
    async (request) => success(200, await archiveGroup(sql, schema, request.body.fingerprint)),
  )
}

const groupOf = ({ firstAt, lastAt, errors: _, ...group }: Group): PublisherDeadLetterGroup => ({
  ...group,
  firstAt: firstAt.toISOString(),
  lastAt: lastAt.toISOString(),
})

const undeliveredOf = (schema: string, row: PublisherDeadLetterRow): PublisherDeadLetter => ({
  id: Number(row.id),
  eventId: row.event_id,
  destination: row.destination,
  status: row.status,
  message: row.last_error,
  attempts: row.attempts,
  replayCount: row.replay_count,
  lastAttemptAt: row.last_attempt_at?.toISOString() ?? null,
  fingerprint: publisherFingerprintOf(schema, row),
  createdAt: writtenAt(row.event_id).toISOString(),
  payload: toEventJson(row.text),
})
