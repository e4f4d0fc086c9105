import { createHttpServer } from '@dailyfeed/http-server/create-http-server'
import type { HttpServer } from '@dailyfeed/http-server/http-server'
import { registerJobs } from '@dailyfeed/http-server/jobs.routes'
import type { Log } from '@dailyfeed/http-server/log'
import { createRateLimiter } from '@dailyfeed/http-server/rate-limit'
import { createOnce } from '@dailyfeed/idempotency/once'
import { isTransientFault } from '@dailyfeed/postgres-support/fault'
import fastifyCookie from '@fastify/cookie'
import { accountRoutes } from './account/account.routes.ts'
import { createLoginThrottle, NO_THROTTLE } from './account/login-throttle.ts'
import { dropOldAudit } from './audit/audit.queries.ts'
import { auditRoutes } from './audit/audit.routes.ts'
import { blockRoutes } from './block/block.routes.ts'
import type { MemberConfig } from './config.ts'
import type { MemberContext } from './context.ts'
import { eraseMembers } from './erasure/erasure.service.ts'
import { followRoutes } from './follow/follow.routes.ts'
import { keyRoutes } from './key/key.routes.ts'
import { profileRoutes } from './profile/profile.routes.ts'
import { createRefreshCookie } from './session/refresh-cookie.ts'
import { deleteOldVerifiers } from './session/revocation-log.queries.ts'
import { deleteExpired } from './session/session.queries.ts'
import { signInProviderRoutes } from './sign-in-provider/sign-in-provider.routes.ts'

/** A classroom behind one address may sign up in a minute; who asks which addresses have accounts gets no further than this. */
const SIGNUP_LIMIT = { name: 'signup', limit: 300, windowSeconds: 3_600 }

interface MemberAppOptions {
  config: MemberConfig
  context: MemberContext
  log: Log
  /** As in HttpServerOptions. */
  maxEventLoopDelay?: number
}

export async function memberApp({
  config,
  context,
  log,
  maxEventLoopDelay,
}: MemberAppOptions): Promise<HttpServer> {
  const app = await createHttpServer({
    service: 'member',
    log,
    verifier: context.verifier,
    callers: config.INTERNAL_CALLERS,
    checkReady: async () => void (await context.sql`select 1`),
    isTransientFault,
    ...(maxEventLoopDelay === undefined ? {} : { maxEventLoopDelay }),
  })
  await app.register(fastifyCookie)
  const once = createOnce(app, 'member', context)
  keyRoutes(app, context.keys)
  const guards = {
    context,
    cookie: createRefreshCookie(config.COOKIE_SECURE),
    throttle: config.RATE_LIMIT === 'off' ? NO_THROTTLE : createLoginThrottle(),
    signupLimit: config.RATE_LIMIT === 'off' ? undefined : createRateLimiter(SIGNUP_LIMIT),
    allowedOrigins: config.CORS_ORIGINS.split(',').map((origin) => origin.trim()),
  }
  accountRoutes(app, { ...guards, once, verifier: context.verifier })
  signInProviderRoutes(app, {
    ...guards,
    cookieSecure: config.COOKIE_SECURE,
    publicUrl: config.PUBLIC_URL,
  })
  profileRoutes(app, context)
  followRoutes(app, context, once)
  blockRoutes(app, context, once)
  auditRoutes(app, context)
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
