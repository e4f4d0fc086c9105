import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import type { Log } from '@dailyfeed/http-server/log'
import { createRateLimiter } from '@dailyfeed/http-server/rate-limit'
import { createRateLimits } from '@dailyfeed/http-server/rate-limits'
import { createOnce } from '@dailyfeed/idempotency/once'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import fastifyCookie from '@fastify/cookie'
import { accountRoutes } from './account/account.routes.ts'
import { createKnownBrowserCookie } from './account/known-browser.ts'
import { dropOldAudit } from './audit/audit.queries.ts'
import { auditRoutes } from './audit/audit.routes.ts'
import { blockRoutes } from './block/block.routes.ts'
import type { MemberConfig } from './config.ts'
import type { MemberContext, RoutesContext } from './context.ts'
import { eraseMembers } from './erasure/erasure.service.ts'
import { followRoutes } from './follow/follow.routes.ts'
import { keyRoutes } from './key/key.routes.ts'
import { profileRoutes } from './profile/profile.routes.ts'
import { createIsSecure, createRefreshCookie } from './session/refresh-cookie.ts'
import { deleteOldVerifiers } from './session/revocation-log.queries.ts'
import { deleteExpired } from './session/session.queries.ts'
import { sessionRoutes } from './session/session.routes.ts'
import { createProviderCookies } from './sign-in-provider/provider-cookies.ts'
import { signInProviderRoutes } from './sign-in-provider/sign-in-provider.routes.ts'

interface MemberAppOptions {
  config: MemberConfig
  context: MemberContext
  log: Log
}

export async function memberApp({ config, context, log }: MemberAppOptions): Promise<HttpServer> {
  const limits = createRateLimits(config, { service: 'member', log, redis: context.redis })
  const app = await createHttpServer({
    service: 'member',
    log,
    verifier: context.verifier,
    callers: config.INTERNAL_CALLERS,
    isTransientFault,
    limits,
  })
  await app.register(fastifyCookie)
  limits?.counters.include('login-failures', () => context.throttle.refusals)
  const perMember = limits?.classes.login.member
  const sessionLimit = perMember && createRateLimiter(perMember)
  const routesContext = routesContextOf(app, config, { ...context, sessionLimit })
  keyRoutes(app, routesContext)
  accountRoutes(app, routesContext)
  sessionRoutes(app, routesContext)
  signInProviderRoutes(app, routesContext)
  profileRoutes(app, routesContext)
  followRoutes(app, routesContext)
  blockRoutes(app, routesContext)
  auditRoutes(app, routesContext)
  registerJobs(app, {
    jwtKeyInitJob: async () => ({ made: (await context.keys.initialise()) ? 1 : 0 }),
    jwtKeyRotationJob: async () => ({
      rotated: (await context.keys.rotate()) === 'ROTATED' ? 1 : 0,
    }),
    memberEraseJob: () => eraseMembers(context),
    tokenCleanupJob: async () => ({
      ...(await deleteExpired(context.sql)),
      keys: await context.keys.deleteOld(),
      verifiers: await deleteOldVerifiers(context.sql),
      auditEntries: await dropOldAudit(context.sql, config.AUDIT_RETENTION_DAYS),
    }),
  })
  return app
}

function routesContextOf(
  app: HttpServer,
  config: MemberConfig,
  context: MemberContext,
): RoutesContext {
  const isSecure = createIsSecure(config.COOKIE_SECURE)
  return {
    ...context,
    once: createOnce(app, 'member', context),
    cookie: createRefreshCookie(isSecure),
    providerCookies: createProviderCookies(context.settings.refreshTokenKey, isSecure),
    knownBrowser: createKnownBrowserCookie(context.settings.refreshTokenKey, isSecure),
    allowedOrigins: config.CORS_ORIGINS.split(',').map((origin) => origin.trim()),
    publicUrl: config.PUBLIC_URL,
  }
}
