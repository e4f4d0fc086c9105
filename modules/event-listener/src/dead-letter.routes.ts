import { isUtf8 } from 'node:buffer'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import {
  ByFingerprint,
  GroupArchive,
  GroupReplay,
  GroupRound,
} from '@dailyfeed/dead-letter/group-replay'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { Sql } from 'postgres'
import Type from 'typebox'
import {
  archiveDeadLetter,
  archiveDeadLettersOf,
  countOpenDeadLetters,
  type DeadLetterGroupRow,
  type DeadLetterRow,
  findDeadLetter,
  findDeadLetterGroups,
} from './dead-letter.queries.ts'
import type { DeadLetterReplay } from './dead-letter-replay.ts'
import { inBoundedBatches } from '@dailyfeed/dead-letter/bounded-batches'

export const DEAD_LETTERS_PATH = '/internal/dead-letters'

/** Open dead letters that failed of one cause in one service. */
export const DeadLetterGroup = Type.Object({
  fingerprint: Type.String(),
  step: Type.String(),
  errorClass: Type.String(),
  message: Type.String({ description: 'of the latest' }),
  count: Type.Integer(),
  firstAt: Type.String(),
  lastAt: Type.String(),
  latestId: Type.Integer(),
})
export type DeadLetterGroup = Type.Static<typeof DeadLetterGroup>

export const DeadLetter = Type.Object({
  id: Type.Integer(),
  step: Type.String(),
  eventId: Type.Union([Type.String(), Type.Null()]),
  source: Type.String(),
  payload: Type.String({ description: 'the event as it came' }),
  payloadBase64: Type.Union([Type.String(), Type.Null()], {
    description: 'its bytes, where they are no UTF-8',
  }),
  recordKey: Type.Union([Type.String(), Type.Null()], {
    description: 'of a record of Kafka, as are its headers and its place',
  }),
  headers: Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()]),
  topic: Type.Union([Type.String(), Type.Null()]),
  partition: Type.Union([Type.Integer(), Type.Null()]),
  offset: Type.Union([Type.Integer(), Type.Null()]),
  errorClass: Type.String(),
  message: Type.String(),
  stack: Type.Union([Type.String(), Type.Null()]),
  fingerprint: Type.String(),
  status: Type.Enum(['OPEN', 'REPLAYED', 'ARCHIVED']),
  attempts: Type.Integer(),
  replayCount: Type.Integer(),
  createdAt: Type.String(),
})
export type DeadLetter = Type.Static<typeof DeadLetter>

export const Replay = Type.Object({
  outcome: Type.Enum(['REPLAYED', 'FAILED_AGAIN', 'NOT_OPEN', 'IN_PROGRESS']),
  deadLetter: DeadLetter,
})
export type Replay = Type.Static<typeof Replay>

interface DeadLetterRoutesOptions {
  sql: Sql
  schema: string
  replay: DeadLetterReplay
}

const ById = Type.Object({ id: Type.Integer({ minimum: 1 }) })
const MAX_GROUPS = 500

/** What batch-svc shows to administrators and does for them. POST alone: these are calls of a service, not pages. */
export function registerDeadLetterRoutes(
  app: HttpServer,
  { sql, schema, replay }: DeadLetterRoutesOptions,
): void {
  const config = { access: 'INTERNAL' as const, callers: ['batch'] }

  async function getDeadLetterOrThrow(id: number): Promise<DeadLetter> {
    const row = await findDeadLetter(sql, schema, id)
    if (row === undefined) throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
    return deadLetterOf(row)
  }

  app.post(
    `${DEAD_LETTERS_PATH}/groups`,
    { config, schema: { hide: true, response: { 200: successOf(Type.Array(DeadLetterGroup)) } } },
    async () => success(200, (await findDeadLetterGroups(sql, schema, MAX_GROUPS)).map(groupOf)),
  )

  app.post(
    `${DEAD_LETTERS_PATH}/find`,
    { config, schema: { hide: true, body: ById, response: { 200: successOf(DeadLetter) } } },
    async (request) => success(200, await getDeadLetterOrThrow(request.body.id)),
  )

  app.post(
    `${DEAD_LETTERS_PATH}/replay`,
    { config, schema: { hide: true, body: ById, response: { 200: successOf(Replay) } } },
    async (request) => {
      const outcome = await replay.replayOne(request.body.id)
      if (outcome === undefined) throw new DailyfeedError('DEAD_LETTER_NOT_FOUND')
      return success(200, { outcome, deadLetter: await getDeadLetterOrThrow(request.body.id) })
    },
  )

  app.post(
    `${DEAD_LETTERS_PATH}/archive`,
    { config, schema: { hide: true, body: ById, response: { 200: successOf(DeadLetter) } } },
    async (request) => {
      await archiveDeadLetter(sql, schema, request.body.id)
      return success(200, await getDeadLetterOrThrow(request.body.id))
    },
  )

  app.post(
    `${DEAD_LETTERS_PATH}/groups/replay`,
    {
      config,
      schema: {
        hide: true,
        body: GroupRound,
        response: { 200: successOf(GroupReplay) },
      },
    },
    async (request) =>
      success(200, await replay.replayRound(request.body.fingerprint, request.body.since)),
  )

  app.post(
    `${DEAD_LETTERS_PATH}/groups/archive`,
    {
      config,
      schema: {
        hide: true,
        body: ByFingerprint,
        response: { 200: successOf(GroupArchive) },
      },
    },
    async (request) => {
      const { fingerprint } = request.body
      const count = await inBoundedBatches((limit) =>
        archiveDeadLettersOf(sql, schema, fingerprint, limit),
      )
      return success(200, {
        count,
        remaining: await countOpenDeadLetters(sql, schema, fingerprint),
      })
    },
  )
}

const groupOf = (row: DeadLetterGroupRow): DeadLetterGroup => ({
  fingerprint: row.fingerprint,
  step: row.step,
  errorClass: row.error_class,
  message: row.message,
  count: Number(row.count),
  firstAt: row.first_at.toISOString(),
  lastAt: row.last_at.toISOString(),
  latestId: Number(row.latest_id),
})

const deadLetterOf = (row: DeadLetterRow): DeadLetter => ({
  id: Number(row.id),
  step: row.step,
  eventId: row.event_id,
  source: row.source,
  payload: row.payload.toString(),
  payloadBase64: isUtf8(row.payload) ? null : row.payload.toString('base64'),
  recordKey: row.record_key?.toString() ?? null,
  headers: row.headers,
  topic: row.topic,
  partition: row.partition,
  offset: row.record_offset === null ? null : Number(row.record_offset),
  errorClass: row.error_class,
  message: row.error_message,
  stack: row.error_stack,
  fingerprint: row.fingerprint,
  status: row.status,
  attempts: row.attempts,
  replayCount: row.replay_count,
  createdAt: row.created_at.toISOString(),
})
