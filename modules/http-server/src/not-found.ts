import { DailyfeedError } from '@dailyfeed/contract/errors'
import FindMyWay, { type HTTPMethod } from 'find-my-way'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpServer } from './http-server.ts'
import { failWith } from './error-handler.ts'

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const satisfies HTTPMethod[]

/** Answers 404 in the envelope, or 405 with Allow where the path exists for another method. Call before adding routes. */
export function registerNotFound(app: HttpServer): void {
  const known = FindMyWay({ ignoreTrailingSlash: true })
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) {
      if (
        (METHODS as readonly string[]).includes(one) &&
        !url.includes('*') &&
        !known.hasRoute(one as HTTPMethod, url)
      )
        known.on(one as HTTPMethod, url, () => {})
    }
  })
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split('?', 1)[0] ?? '/'
    const allowed = METHODS.filter((method) => known.find(method, path) !== null)
    if (allowed.length === 0) return failWith(request, reply, new DailyfeedError('NOT_FOUND'))
    reply.header('allow', allowed.join(', '))
    return failWith(request, reply, new DailyfeedError('METHOD_NOT_ALLOWED'))
  })
}
