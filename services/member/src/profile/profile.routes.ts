import { Id } from '@dailyfeed/contract/field'
import {
  HandleChange,
  MemberIds,
  MemberProfile,
  MemberSummary,
  NamedMember,
  UpdateRequest,
} from '@dailyfeed/contract/member'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { MemberContext } from '../context.ts'
import {
  changeHandle,
  getName,
  getProfile,
  getProfileByHandle,
  getSummaries,
  getSummary,
  refuseTooManyIds,
  updateProfile,
} from './profile.service.ts'

const tags = ['member']
export const MemberPath = Type.Object({ memberId: Id })
const profile = { 200: successOf(MemberProfile) }
const summary = { 200: successOf(MemberSummary) }
const named = { 200: successOf(NamedMember) }

export function profileRoutes(app: HttpServer, context: MemberContext): void {
  nameAndSummaryRoutes(app, context)
  profileReadRoutes(app, context)
  profileEditRoutes(app, context)
}

function nameAndSummaryRoutes(app: HttpServer, context: MemberContext): void {
  app.get(
    '/api/members',
    { schema: { tags, summary: 'Get my id and name', response: named } },
    async ({ memberId }) => success(200, await getName(context, memberId, memberId)),
  )

  app.get(
    '/api/members/:memberId',
    {
      schema: { tags, summary: 'Get a member’s id and name', params: MemberPath, response: named },
    },
    async (request) =>
      success(200, await getName(context, request.params.memberId, request.memberId)),
  )

  app.get(
    '/api/members/summary',
    { schema: { tags, summary: 'Get my summary', response: summary } },
    async ({ memberId }) => success(200, await getSummary(context, memberId, memberId)),
  )

  app.get(
    '/api/members/:memberId/summary',
    { schema: { tags, summary: 'Get a member’s summary', params: MemberPath, response: summary } },
    async (request) =>
      success(200, await getSummary(context, request.params.memberId, request.memberId)),
  )

  app.post(
    '/api/members/query/in',
    {
      config: { rateClass: 'read' },
      preValidation: async ({ body }) => refuseTooManyIds(body),
      schema: {
        tags,
        summary: 'Get the summaries of up to 1,000 members',
        body: MemberIds,
        response: { 200: successOf(Type.Array(MemberSummary)) },
      },
    },
    async (request) =>
      success(200, await getSummaries(context, request.body.ids, request.memberId)),
  )
}

function profileReadRoutes(app: HttpServer, context: MemberContext): void {
  app.get(
    '/api/members/profile',
    { schema: { tags, summary: 'Get my profile', response: profile } },
    async ({ memberId }) => success(200, await getProfile(context, memberId, memberId)),
  )

  app.get(
    '/api/members/profile/@:handle',
    {
      schema: {
        tags,
        summary: 'Get a profile by handle',
        params: Type.Object({ handle: Type.String({ maxLength: 50 }) }),
        response: profile,
      },
    },
    async (request) =>
      success(200, await getProfileByHandle(context, request.params.handle, request.memberId)),
  )

  for (const path of ['/api/members/profile/:memberId', '/api/members/:memberId/profile']) {
    app.get(
      path,
      {
        schema: { tags, summary: 'Get a member’s profile', params: MemberPath, response: profile },
      },
      async (request) =>
        success(200, await getProfile(context, request.params.memberId, request.memberId)),
    )
  }
}

function profileEditRoutes(app: HttpServer, context: MemberContext): void {
  app.put(
    '/api/members/profile',
    {
      config: { acceptsPlainTextJson: true },
      schema: { tags, summary: 'Edit my profile', body: UpdateRequest, response: profile },
    },
    async (request) => success(200, await updateProfile(context, request.memberId, request.body)),
  )

  app.put(
    '/api/members/profile/handle',
    {
      config: { acceptsPlainTextJson: true },
      schema: {
        tags,
        summary: 'Change my handle',
        body: HandleChange,
        response: { 200: successOf(Type.String()) },
      },
    },
    async (request) =>
      success(200, await changeHandle(context, request.memberId, request.body.newHandle)),
  )
}
