import { AuditEntry } from '@dailyfeed/contract/member'
import { ListQuery, scrollOf } from '@dailyfeed/contract/page'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import type { MemberContext } from '../context.ts'
import { listAudit } from './audit.service.ts'

export function auditRoutes(app: HttpServer, context: MemberContext): void {
  app.get(
    '/api/authentication/audit',
    {
      schema: {
        tags: ['authentication'],
        summary: 'List the audit of my account: sign-ins, failed sign-ins, changes',
        querystring: ListQuery,
        response: { 200: successOf(scrollOf(AuditEntry)) },
      },
    },
    async ({ memberId, query }) => success(200, await listAudit(context, memberId, query)),
  )
}
