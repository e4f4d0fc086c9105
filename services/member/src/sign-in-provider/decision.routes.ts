import {
  MemberSummary,
  VerifiedSignIn,
  ProviderLinkRequest,
  ProviderSignupRequest,
} from '@dailyfeed/contract/member'
import { clientOf } from '@dailyfeed/http-server/client-address'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { loginSourceOf } from '../account/known-browser.ts'
import type { RoutesContext } from '../context.ts'
import { refuseCrossSite } from '../session/cross-site.ts'
import { deviceOf } from '../session/device.ts'
import { describeIdentity, linkByPassword, signUpByProvider } from './decision.service.ts'
import { BASE } from './provider-address.ts'
import { getIdentityOrThrow } from './provider-cookies.ts'

const tags = ['authentication']
const config = { access: 'PUBLIC' as const }

/** After a first sign-in at a provider: a new account, or a link to an existing one. */
export function decisionRoutes(app: HttpServer, context: RoutesContext): void {
  const { allowedOrigins, cookie, knownBrowser, providerCookies } = context

  app.get(
    `${BASE}/proven`,
    {
      config,
      schema: {
        tags,
        summary: 'Get the verified identity and the decisions that it allows',
        response: { 200: successOf(VerifiedSignIn) },
      },
    },
    async (request) => {
      const identity = await getIdentityOrThrow(providerCookies, request)
      return success(200, await describeIdentity(context, identity))
    },
  )

  app.post(
    `${BASE}/signup`,
    {
      config: { ...config, rateClass: 'signup' },
      schema: {
        tags,
        summary: 'Create an account for a verified identity',
        body: ProviderSignupRequest,
        response: { 201: successOf(MemberSummary) },
      },
    },
    async (request, reply) => {
      refuseCrossSite(request, allowedOrigins)
      const identity = await getIdentityOrThrow(providerCookies, request)
      const client = clientOf(request)
      const device = deviceOf(request, client)
      const session = await signUpByProvider(context, identity, request.body, device)
      providerCookies.identity.clear(request, reply)
      cookie.sendTokens(request, reply, session)
      reply.code(201)
      return success(201, session.summary)
    },
  )

  app.post(
    `${BASE}/link`,
    {
      config: { ...config, rateClass: 'login' },
      schema: {
        tags,
        summary: 'Link a verified identity to the account with its e-mail address',
        body: ProviderLinkRequest,
        response: { 200: successOf(MemberSummary) },
      },
    },
    async (request, reply) => {
      refuseCrossSite(request, allowedOrigins)
      const identity = await getIdentityOrThrow(providerCookies, request)
      const source = await loginSourceOf(knownBrowser, request)
      const session = await linkByPassword(context, identity, request.body.password, source)
      providerCookies.identity.clear(request, reply)
      cookie.sendTokens(request, reply, session)
      await knownBrowser.set(request, reply, session.browser)
      return success(200, session.summary)
    },
  )
}
