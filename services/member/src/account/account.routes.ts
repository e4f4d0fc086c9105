import { createHmac } from 'node:crypto'
import {
  DeactivateRequest,
  LoginRequest,
  MemberSummary,
  NamedMember,
  PasswordChange,
  SignupRequest,
} from '@dailyfeed/contract/member'
import { clientOf } from '@dailyfeed/http-server/client-address'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { RoutesContext } from '../context.ts'
import { deviceOf } from '../session/device.ts'
import { changePassword, logIn, withdraw } from './account.service.ts'
import { loginSourceOf, withMember } from './known-browser.ts'
import { prepareSignUp } from './signup.service.ts'

const tags = ['authentication']
const done = { 200: successOf(Type.Boolean()) }
const PUBLIC = { access: 'PUBLIC' as const }

export function accountRoutes(app: HttpServer, context: RoutesContext): void {
  signupRoute(app, context)
  const { cookie, knownBrowser } = context

  app.post(
    '/api/authentication/login',
    {
      config: { ...PUBLIC, rateClass: 'login' },
      schema: {
        tags,
        summary: 'Log in',
        body: LoginRequest,
        response: { 200: successOf(MemberSummary) },
      },
    },
    async (request, reply) => {
      const source = await loginSourceOf(knownBrowser, request)
      const { summary, browser, ...tokens } = await logIn(context, request.body, source)
      cookie.sendTokens(request, reply, tokens)
      await knownBrowser.set(request, reply, browser)
      return success(200, summary)
    },
  )

  app.put(
    '/api/members/password',
    { schema: { tags, summary: 'Change my password', body: PasswordChange, response: done } },
    async (request, reply) => {
      const { token, body } = request
      const source = await loginSourceOf(knownBrowser, request)
      const { passwordHash, ...tokens } = await changePassword(context, token, body, source.client)
      cookie.sendTokens(request, reply, tokens)
      const browser = withMember(source.browser, token.memberId, passwordHash)
      await knownBrowser.set(request, reply, browser)
      return success(200, true)
    },
  )

  app.delete(
    '/api/authentication/deactivate',
    {
      schema: {
        tags,
        summary: 'Withdraw my account; a login within 30 days restores it',
        body: DeactivateRequest,
        response: done,
      },
    },
    async (request, reply) => {
      await withdraw(context, request.token, request.body.password, clientOf(request))
      cookie.clear(request, reply)
      return success(200, true)
    },
  )
}

function signupRoute(app: HttpServer, context: RoutesContext): void {
  const { once, settings } = context
  app.post(
    '/api/authentication/signup',
    {
      config: { ...PUBLIC, acceptsIdempotencyKey: true, rateClass: 'signup' },
      schema: {
        tags,
        summary: 'Sign up',
        body: SignupRequest,
        response: { 201: successOf(NamedMember) },
      },
    },
    async (request, reply) => {
      const client = clientOf(request)
      // Hashed with a secret: the plain hash of a body that holds a password would help to guess it.
      const body = createHmac('sha256', settings.refreshTokenKey)
        .update(JSON.stringify(request.body))
        .digest()
      return once({
        request,
        reply,
        status: 201,
        owner: `address:${client.address}`,
        body,
        prepare: () => prepareSignUp(context, request.body, deviceOf(request, client)),
      })
    },
  )
}
