import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import { clientOf } from './client-address.ts'
import type { HttpServer } from './http-server.ts'
import { type RateClass, rateClassOf } from './rate-classes.ts'
import type { RateCount, RateCounter } from './rate-counter.ts'
import { quotaHeader, tooMany } from './rate-limit.ts'
import type { ClassCounters, RateLimits } from './rate-limits.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The class by which requests of the route are limited; without it the one of its prefix or method. */
    rateClass?: RateClass
  }
}

/**
 * Limits every route below `/api` by its class: after the authentication, before the body is read. Call it before the
 * first route is registered.
 */
export function limitRoutes(app: HttpServer, limits: RateLimits): void {
  app.addHook('onRoute', (route) => {
    const { method, url, config = {} } = route
    if (config.access === 'INTERNAL') return
    const rateClass = rateClassOf({ method, url, rateClass: config.rateClass })
    if (rateClass === undefined) return
    const ofMembers = config.access !== 'PUBLIC'
    const counters = countersFor(rateClass, ofMembers, limits.classes[rateClass])
    const others = route.onRequest === undefined ? [] : [route.onRequest].flat()
    // Last, since it needs the member whom an earlier hook has authenticated.
    route.onRequest = [...others, limitBy(counters, rateClass === 'read')]
  })
  limits.counters.registerMetrics(app.metrics)
  app.addHook('onClose', async () => limits.counters.close())
}

/**
 * Without a member the address block alone counts. Reads of members are not counted per block: the gateway counts all
 * requests of a block, and a look-up more would be the dearest part of the limit (docs/decisions/0045).
 */
function countersFor(
  rateClass: RateClass,
  ofMembers: boolean,
  { member, block }: ClassCounters,
): ClassCounters {
  if (!ofMembers) return { member: undefined, block }
  return rateClass === 'read' ? { member, block: undefined } : { member, block }
}

/** Hot reads announce their quota once half of it is used: before that no client needs to slow down. */
function limitBy({ member, block }: ClassCounters, isQuiet: boolean): onRequestHookHandler {
  return (request, reply, done) => {
    const now = performance.now()
    const ofMember = member?.count(request.memberId, now)
    // A member beyond their limit uses up nothing of the limit that they share with their neighbours.
    const isRefused = member !== undefined && ofMember !== undefined && isBeyond(member, ofMember)
    const ofBlock = isRefused ? undefined : countBlock(request, block, now)
    const usedByMember = usedOf(member, ofMember)
    const usedByBlock = usedOf(block, ofBlock)
    const isBlockTighter = usedByBlock > usedByMember
    const counter = isBlockTighter ? block : member
    const count = isBlockTighter ? ofBlock : ofMember
    const isSilent = isQuiet && usedByMember < 0.5 && usedByBlock < 0.5
    if (counter === undefined || count === undefined || isSilent) return done()
    // On the raw answer, because answers of raw JSON send no other headers.
    reply.raw.setHeader('ratelimit-policy', counter.policyHeader)
    reply.raw.setHeader('ratelimit', quotaHeader(counter, count, now))
    done(isBeyond(counter, count) ? tooMany(count, now) : undefined)
  }
}

/** Undefined for a frontend that does not name its client: many people share its address. */
function countBlock(
  request: FastifyRequest,
  counter: RateCounter | undefined,
  now: number,
): RateCount | undefined {
  if (counter === undefined) return undefined
  const client = clientOf(request)
  return client.isTrustedFrontend ? undefined : counter.count(client.block, now)
}

/** Beyond 1 a request is refused. */
const usedOf = (counter: RateCounter | undefined, count: RateCount | undefined) =>
  counter === undefined || count === undefined ? 0 : count.total / counter.policy.limit

const isBeyond = ({ policy }: RateCounter, { total }: RateCount) => total > policy.limit
