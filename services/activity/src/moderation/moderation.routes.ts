import { Id } from '@dailyfeed/contract/field'
import { ListQuery, scrollOf } from '@dailyfeed/contract/page'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import { onlyAdmins } from '@dailyfeed/http-server/admin-action'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { ActivityContext } from '../context.ts'
import type { BlockedTerms } from './blocked-terms.ts'
import { Dismissal, ModerationItem } from './moderation-item.ts'
import { insertAdminAction, isAdmin } from './moderation-read.queries.ts'
import { dismiss, readModerationQueue } from './moderation.service.ts'

const tags = ['operation']

interface ModerationContext extends ActivityContext {
  blockedTerms: BlockedTerms
}

export function moderationRoutes(app: HttpServer, context: ModerationContext): void {
  const { blockedTerms } = context
  const preHandler = onlyAdmins(context.sql, { isAdmin, insertAdminAction })

  app.get(
    '/api/admin/moderation',
    {
      preHandler,
      schema: {
        tags,
        summary: 'List posts and comments with blocked terms, oldest first',
        querystring: ListQuery,
        response: { 200: successOf(scrollOf(ModerationItem)) },
      },
    },
    async (request) =>
      success(200, await readModerationQueue(context, blockedTerms, request.query)),
  )

  app.post(
    '/api/admin/moderation/:id/dismiss',
    {
      preHandler,
      schema: {
        tags,
        summary: 'Dismiss an item: the post or comment stays as it is',
        params: Type.Object({ id: Id }),
        response: { 200: successOf(Dismissal) },
      },
    },
    async (request) => success(200, await dismiss(context, request.params.id, request.memberId)),
  )
}
