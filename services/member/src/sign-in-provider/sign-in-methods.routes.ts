import {
  OwnerProof,
  ProviderPath,
  ProviderRedirect,
  SignInMethods,
} from '@dailyfeed/contract/member'
import { clientOf } from '@dailyfeed/http-server/client-address'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { RoutesContext } from '../context.ts'
import { BASE, redirectUriOf } from './provider-address.ts'
import { beginLink, describeSignInMethods, unlink } from './sign-in-methods.service.ts'

const tags = ['authentication']

/** A member's own ways to sign in: list, link and unlink. */
export function signInMethodsRoutes(app: HttpServer, context: RoutesContext): void {
  app.get(
    '/api/authentication/sign-in-methods',
    {
      schema: {
        tags,
        summary: 'List my sign-in methods',
        response: { 200: successOf(SignInMethods) },
      },
    },
    async ({ memberId }) => success(200, await describeSignInMethods(context, memberId)),
  )

  app.post(
    `${BASE}/:provider/link`,
    {
      schema: {
        tags,
        summary: 'Start linking a provider; returns the address for the browser',
        params: ProviderPath,
        body: OwnerProof,
        response: { 200: successOf(ProviderRedirect) },
      },
    },
    async (request, reply) => {
      const { provider } = request.params
      const start = {
        provider,
        password: request.body.password,
        redirectUri: redirectUriOf(request, context.publicUrl, provider),
        returnTo: `/security?linked=${provider}`,
      }
      const { url, flow } = await beginLink(context, request.token, start, clientOf(request))
      await context.providerCookies.flow.set(request, reply, flow)
      return success(200, { url })
    },
  )

  app.delete(
    `${BASE}/:provider/link`,
    {
      schema: {
        tags,
        summary: 'Unlink a provider',
        params: ProviderPath,
        body: OwnerProof,
        response: { 200: successOf(Type.Boolean()) },
      },
    },
    async (request) => {
      const { provider } = request.params
      const { password } = request.body
      await unlink(context, request.token, { provider, password }, clientOf(request))
      return success(200, true)
    },
  )
}
