import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import { onlyAdminsOf } from '../admin/only-admins.ts'
import type { AdminContext } from '../context.ts'
import {
  DeadLetter,
  DeadLetterGroups,
  GroupArchive,
  GroupReplay,
  Replay,
} from './dead-letter.schemas.ts'
import {
  archiveDeadLetter,
  archiveGroup,
  getDeadLetterOrThrow,
  listDeadLetterGroups,
  replayDeadLetter,
  replayGroup,
} from './dead-letter.service.ts'
import { KINDS, STORES } from './dead-letter-stores.ts'

const tags = ['operation']
const params = Type.Object({
  id: Type.String({ maxLength: 60, description: '{service}-{number} or {service}-p{number}' }),
})
const groupParams = Type.Object({ fingerprint: Type.String({ maxLength: 64 }) })

export function deadLetterRoutes(app: HttpServer, context: AdminContext): void {
  groupRoutes(app, context)
  const preHandler = onlyAdminsOf(context.sql)

  app.get(
    '/api/admin/dead-letters',
    {
      preHandler,
      schema: {
        tags,
        summary: 'List dead letters by cause',
        querystring: Type.Object({
          kind: Type.Optional(Type.Enum([...KINDS])),
          service: Type.Optional(Type.Enum([...STORES])),
        }),
        response: { 200: successOf(DeadLetterGroups) },
      },
    },
    async (request) => success(200, await listDeadLetterGroups(context, request.query)),
  )

  app.get(
    '/api/admin/dead-letters/:id',
    {
      preHandler,
      schema: {
        tags,
        summary: 'Get a dead letter',
        params,
        response: { 200: successOf(DeadLetter) },
      },
    },
    async (request) => success(200, await getDeadLetterOrThrow(context, request.params.id)),
  )

  app.post(
    '/api/admin/dead-letters/:id/replay',
    {
      preHandler,
      schema: {
        tags,
        summary: 'Replay a dead letter',
        params,
        response: { 200: successOf(Replay) },
      },
    },
    async (request) => success(200, await replayDeadLetter(context, request.params.id)),
  )

  app.post(
    '/api/admin/dead-letters/:id/archive',
    {
      preHandler,
      schema: {
        tags,
        summary: 'Archive a dead letter',
        params,
        response: { 200: successOf(DeadLetter) },
      },
    },
    async (request) => success(200, await archiveDeadLetter(context, request.params.id)),
  )
}

function groupRoutes(app: HttpServer, context: AdminContext): void {
  const preHandler = onlyAdminsOf(context.sql)

  app.post(
    '/api/admin/dead-letters/groups/:fingerprint/replay',
    {
      preHandler,
      schema: {
        tags,
        summary:
          'Replay all dead letters of one cause for a few seconds; repeat with since until none remain',
        params: groupParams,
        querystring: Type.Object({
          since: Type.Optional(Type.String({ format: 'date-time', maxLength: 40 })),
        }),
        response: { 200: successOf(GroupReplay) },
      },
    },
    async (request) =>
      success(200, await replayGroup(context, request.params.fingerprint, request.query.since)),
  )

  app.post(
    '/api/admin/dead-letters/groups/:fingerprint/archive',
    {
      preHandler,
      schema: {
        tags,
        summary:
          'Archive all dead letters of one cause for a few seconds; repeat until none remain',
        params: groupParams,
        response: { 200: successOf(GroupArchive) },
      },
    },
    async (request) => success(200, await archiveGroup(context, request.params.fingerprint)),
  )
}
