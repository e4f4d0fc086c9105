import {
  ByFingerprint,
  GroupArchive,
  GroupReplay,
  GroupRound,
} from '@dailyfeed/dead-letter/group-replay'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import {
  PUBLISHER_DEAD_LETTERS_PATH,
  PublisherDeadLetter,
  PublisherDeadLetterGroup,
  Redelivery,
} from './publisher-dead-letter.schemas.ts'
import {
  archiveGroup,
  archivePublisherDeadLetter,
  getPublisherDeadLetterOrThrow,
  listPublisherDeadLetterGroups,
  type PublisherDeadLetterContext,
  redeliver,
  redeliverGroup,
} from './publisher-dead-letter.service.ts'

const ById = Type.Object({ id: Type.Integer({ minimum: 1 }) })

/** The publisher dead letters of a service, for batch-svc. Internal calls, and therefore all POST. */
export function registerPublisherDeadLetterRoutes(
  app: HttpServer,
  context: PublisherDeadLetterContext,
): void {
  const config = { access: 'INTERNAL' as const, callers: ['batch'] }

  app.post(
    `${PUBLISHER_DEAD_LETTERS_PATH}/groups`,
    {
      config,
      schema: { hide: true, response: { 200: successOf(Type.Array(PublisherDeadLetterGroup)) } },
    },
    async () => success(200, await listPublisherDeadLetterGroups(context)),
  )

  app.post(
    `${PUBLISHER_DEAD_LETTERS_PATH}/find`,
    {
      config,
      schema: { hide: true, body: ById, response: { 200: successOf(PublisherDeadLetter) } },
    },
    async ({ body }) => success(200, await getPublisherDeadLetterOrThrow(context, body.id)),
  )

  app.post(
    `${PUBLISHER_DEAD_LETTERS_PATH}/replay`,
    { config, schema: { hide: true, body: ById, response: { 200: successOf(Redelivery) } } },
    async ({ body }) => success(200, await redeliver(context, body.id)),
  )

  app.post(
    `${PUBLISHER_DEAD_LETTERS_PATH}/archive`,
    {
      config,
      schema: { hide: true, body: ById, response: { 200: successOf(PublisherDeadLetter) } },
    },
    async ({ body }) => success(200, await archivePublisherDeadLetter(context, body.id)),
  )

  app.post(
    `${PUBLISHER_DEAD_LETTERS_PATH}/groups/replay`,
    { config, schema: { hide: true, body: GroupRound, response: { 200: successOf(GroupReplay) } } },
    async ({ body }) => success(200, await redeliverGroup(context, body.fingerprint, body.since)),
  )

  app.post(
    `${PUBLISHER_DEAD_LETTERS_PATH}/groups/archive`,
    {
      config,
      schema: { hide: true, body: ByFingerprint, response: { 200: successOf(GroupArchive) } },
    },
    async ({ body }) => success(200, await archiveGroup(context, body.fingerprint)),
  )
}
