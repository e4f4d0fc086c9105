import { FollowersFollowings, MemberSummary } from '@dailyfeed/contract/member'
import { ListQuery, pageOf, scrollOf } from '@dailyfeed/contract/page'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { RoutesContext } from '../context.ts'
import { MemberPath } from '../profile/profile.routes.ts'
import {
  follow,
  listAllFollowings,
  listFollowers,
  listFollowings,
  recommendMembers,
  scrollRecommended,
  unfollow,
} from './follow.service.ts'

const tags = ['member']
const config = { acceptsIdempotencyKey: true }
const done = { 200: successOf(Type.Boolean()) }
const scroll = { 200: successOf(scrollOf(MemberSummary)) }
const both = { 200: successOf(FollowersFollowings) }

export function followRoutes(app: HttpServer, context: RoutesContext): void {
  followEditRoutes(app, context)
  bothListsRoutes(app, context)
  singleListRoutes(app, context)
  recommendationRoutes(app, context)
}

function followEditRoutes(app: HttpServer, context: RoutesContext): void {
  const { once } = context

  app.post(
    '/api/members/follow/:memberId',
    { config, schema: { tags, summary: 'Follow a member', params: MemberPath, response: done } },
    (request, reply) =>
      once({
        request,
        reply,
        status: 200,
        action: (within) =>
          follow(within, request.memberId, request.params.memberId).then(() => true),
      }),
  )

  app.delete(
    '/api/members/follow/:memberId',
    { schema: { tags, summary: 'Unfollow a member', params: MemberPath, response: done } },
    async (request) => {
      await unfollow(context, request.memberId, request.params.memberId)
      return success(200, true)
    },
  )
}

function bothListsRoutes(app: HttpServer, context: RoutesContext): void {
  const bothOf = async (memberId: number, viewerId: number, query: ListQuery) => ({
    followers: await listFollowers(context, memberId, viewerId, query),
    followings: await listFollowings(context, memberId, viewerId, query),
  })
  app.get(
    '/api/members/followers-followings',
    {
      schema: {
        tags,
        summary: 'List my followers and followings',
        querystring: ListQuery,
        response: both,
      },
    },
    async ({ memberId, query }) => success(200, await bothOf(memberId, memberId, query)),
  )
  app.get(
    '/api/members/:memberId/followers-followings',
    {
      schema: {
        tags,
        summary: 'List a member’s followers and followings',
        params: MemberPath,
        querystring: ListQuery,
        response: both,
      },
    },
    async (request) =>
      success(200, await bothOf(request.params.memberId, request.memberId, request.query)),
  )
}

function singleListRoutes(app: HttpServer, context: RoutesContext): void {
  app.get(
    '/api/members/query/followings',
    {
      schema: {
        tags,
        summary: 'List all members I follow',
        response: { 200: successOf(Type.Array(MemberSummary)) },
      },
    },
    async ({ memberId }) => success(200, await listAllFollowings(context, memberId)),
  )

  for (const [name, list] of [
    ['followers', listFollowers],
    ['followings', listFollowings],
  ] as const) {
    app.get(
      `/api/members/${name}/more`,
      { schema: { tags, summary: `My ${name}`, querystring: ListQuery, response: scroll } },
      async ({ memberId, query }) => success(200, await list(context, memberId, memberId, query)),
    )
    app.get(
      `/api/members/:memberId/${name}/more`,
      {
        schema: {
          tags,
          summary: `A member’s ${name}`,
          params: MemberPath,
          querystring: ListQuery,
          response: scroll,
        },
      },
      async (request) =>
        success(200, await list(context, request.params.memberId, request.memberId, request.query)),
    )
  }
}

function recommendationRoutes(app: HttpServer, context: RoutesContext): void {
  app.get(
    '/api/members/follow/recommend/newbie',
    {
      schema: {
        tags,
        summary:
          'List recommended members: authors whose posts I read and like, then the newest; size defaults to 10',
        querystring: ListQuery,
        response: { 200: successOf(pageOf(MemberSummary)) },
      },
    },
    async ({ memberId, query }) => success(200, await recommendMembers(context, memberId, query)),
  )
  // Clients load the first page at the address above, so that this one starts with the second by default.
  app.get(
    '/api/members/follow/recommend/newbie/more',
    {
      schema: {
        tags,
        summary: 'List further recommended members, from the second page on; size defaults to 10',
        querystring: ListQuery,
        response: scroll,
      },
    },
    async ({ memberId, query }) =>
      success(200, await scrollRecommended(context, memberId, query, { defaultPage: 1 })),
  )
}
