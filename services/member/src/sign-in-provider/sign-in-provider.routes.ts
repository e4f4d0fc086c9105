import { SignInProvider } from '@dailyfeed/contract/member'
import { success, successOf } from '@dailyfeed/http-server/envelope'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import Type from 'typebox'
import type { RoutesContext } from '../context.ts'
import { decisionRoutes } from './decision.routes.ts'
import { BASE } from './provider-address.ts'
import { redirectRoutes } from './redirect.routes.ts'
import { signInMethodsRoutes } from './sign-in-methods.routes.ts'
import { toSignInProvider } from './sign-in-provider.mapper.ts'

/** Sign-in by OpenID Connect. */
export function signInProviderRoutes(app: HttpServer, context: RoutesContext): void {
  app.get(
    `${BASE}/providers`,
    {
      config: { access: 'PUBLIC' },
      schema: {
        tags: ['authentication'],
        summary: 'List the providers of OpenID Connect for signing in',
        response: { 200: successOf(Type.Array(SignInProvider)) },
      },
    },
    async () => success(200, context.providers.map(toSignInProvider)),
  )
  redirectRoutes(app, context)
  decisionRoutes(app, context)
  signInMethodsRoutes(app, context)
}
