import { MemberSummary } from '@dailyfeed/contract/member'
import { ListQuery, scrollOf } from '@dailyfeed/contract/page'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { RoutesContext } from '../context.ts'
import { MemberPath } from '../profile/profile.routes.ts'
import { block, listBlocked, listMuted, mute, unblock, unmute } from './block.service.ts'

const tags = ['member']
const config = { acceptsIdempotencyKey: true }
const done = { 200: successOf(Type.Boolean()) }
const scroll = { 200: successOf(scrollOf(MemberSummary)) }

export function blockRoutes(app: HttpServer, context: RoutesContext): void {
  const { once } = context
  for (const [name, set, unset] of [
    ['block', block, unblock],
    ['mute', mute, unmute],
  ] as const) {
    app.post(
      `/api/members/${name}/:memberId`,
      {
        config,
        schema: {
          tags,
          summary: `${capitalised(name)} a member`,
          params: MemberPath,
          response: done,
        },
      },
      (request, reply) =>
        once({
          request,
          reply,
          status: 200,
          action: (within) =>
            set(within, request.memberId, request.params.memberId).then(() => true),
        }),
    )
    app.delete(
      `/api/members/${name}/:memberId`,
      { schema: { tags, summary: `Un${name} a member`, params: MemberPath, response: done } },
      async (request) => {
        await unset(context, request.memberId, request.params.memberId)
        return success(200, true)
      },
    )
  }

  app.get(
    '/api/members/blocks',
    {
      schema: {
        tags,
        summary: 'List the members I have blocked',
        querystring: ListQuery,
        response: scroll,
      },
    },
    async ({ memberId, query }) => success(200, await listBlocked(context, memberId, query)),
  )
  app.get(
    '/api/members/mutes',
    {
      schema: {
        tags,
        summary: 'List the members I have muted',
        querystring: ListQuery,
        response: scroll,
      },
    },
    async ({ memberId, query }) => success(200, await listMuted(context, memberId, query)),
  )
}

const capitalised = (word: string) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`
