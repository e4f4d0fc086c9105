import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import { onlyAdminsOf } from '../admin/only-admins.ts'
import type { AdminContext } from '../context.ts'
import { DeadLetter, DeadLetterGroups, GroupReplay, Replay } from './dead-letter.schemas.ts'
import { archiveDeadLetter, getDeadLetterOrThrow, listDeadLetterGroups, replayDeadLetter, replayGroup } from './dead-letter.service.ts'

const tags = ['operation']
const params = Type.Object({ id: Type.String({ maxLength: 60, description: '{service}-{number}' }) })

export function deadLetterRoutes(app: HttpServer, context: AdminContext): void {
  const preHandler = onlyAdminsOf(context.sql)

  app.get(
    '/api/admin/dead-letters',
    { preHandler, schema: { tags, summary: 'Events that failed, by cause', response: { 200: successOf(DeadLetterGroups) } } },
    async () => success(200, await listDeadLetterGroups(context)),
  )

  app.get(
    '/api/admin/dead-letters/:id',
    { preHandler, schema: { tags, summary: 'An event that failed', params, response: { 200: successOf(DeadLetter) } } },
    async (request) => success(200, await getDeadLetterOrThrow(context, request.params.id)),
  )

  app.post(
    '/api/admin/dead-letters/:id/replay',
    { preHandler, schema: { tags, summary: 'Run the handler again on an event that failed', params, response: { 200: successOf(Replay) } } },
    async (request) => success(200, await replayDeadLetter(context, request.params.id)),
  )

  app.post(
    '/api/admin/dead-letters/:id/archive',
    { preHandler, schema: { tags, summary: 'Put away an event that failed', params, response: { 200: successOf(DeadLetter) } } },
    async (request) => success(200, await archiveDeadLetter(context, request.params.id)),
  )

  app.post(
    '/api/admin/dead-letters/groups/:fingerprint/replay',
    {
      preHandler,
      schema: {
        tags,
        summary: 'Run the handler again on all events that failed of one cause, 500 at a time',
        params: Type.Object({ fingerprint: Type.String({ maxLength: 64 }) }),
        response: { 200: successOf(GroupReplay) },
      },
    },
    async (request) => success(200, await replayGroup(context, request.params.fingerprint)),
  )
}
