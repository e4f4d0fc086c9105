import {
  ByFingerprint,
  GroupArchive,
  GroupReplay,
  GroupRound,
} from '@dailyfeed/dead-letter/group-replay'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import { DEAD_LETTERS_PATH, DeadLetter, DeadLetterGroup, Replay } from './dead-letter.schemas.ts'
import {
  archiveDeadLetter,
  archiveGroup,
  type DeadLetterContext,
  getDeadLetterOrThrow,
  listDeadLetterGroups,
  replayDeadLetter,
} from './dead-letter.service.ts'

const ById = Type.Object({ id: Type.Integer({ minimum: 1 }) })

/** The listener dead letters of a service, for batch-svc. Internal calls, and therefore all POST. */
export function registerDeadLetterRoutes(app: HttpServer, context: DeadLetterContext): void {
  const config = { access: 'INTERNAL' as const, callers: ['batch'] }

  app.post(
    `${DEAD_LETTERS_PATH}/groups`,
    { config, schema: { hide: true, response: { 200: successOf(Type.Array(DeadLetterGroup)) } } },
    async () => success(200, await listDeadLetterGroups(context)),
  )

  app.post(
    `${DEAD_LETTERS_PATH}/find`,
    { config, schema: { hide: true, body: ById, response: { 200: successOf(DeadLetter) } } },
    async ({ body }) => success(200, await getDeadLetterOrThrow(context, body.id)),
  )

  app.post(
    `${DEAD_LETTERS_PATH}/replay`,
    { config, schema: { hide: true, body: ById, response: { 200: successOf(Replay) } } },
    async ({ body }) => success(200, await replayDeadLetter(context, body.id)),
  )

  app.post(
    `${DEAD_LETTERS_PATH}/archive`,
    { config, schema: { hide: true, body: ById, response: { 200: successOf(DeadLetter) } } },
    async ({ body }) => success(200, await archiveDeadLetter(context, body.id)),
  )

  app.post(
    `${DEAD_LETTERS_PATH}/groups/replay`,
    { config, schema: { hide: true, body: GroupRound, response: { 200: successOf(GroupReplay) } } },
    async ({ body }) =>
      success(200, await context.replay.replayGroup(body.fingerprint, body.since)),
  )

  app.post(
    `${DEAD_LETTERS_PATH}/groups/archive`,
    {
      config,
      schema: { hide: true, body: ByFingerprint, response: { 200: successOf(GroupArchive) } },
    },
    async ({ body }) => success(200, await archiveGroup(context, body.fingerprint)),
  )
}
