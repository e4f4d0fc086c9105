import { Quota } from '@dailyfeed/concurrency/quota'
import { DailyfeedError } from '@dailyfeed/contract/errors'
import type { GatewayConfig, UpstreamName } from '../config.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { UPSTREAM_NAMES, type Upstreams } from '../upstreams.ts'
import { Places } from './places.ts'

const RETRY_AFTER_SECONDS = 5

/** An upstream, and the bounds of the requests that are forwarded to it. */
export interface Destination {
  upstream: Upstream
  places: Places
  /** Unanswered requests by address block and by access token; undefined where rate limits are off. */
  requests: Quota | undefined
  /** The failure to answer when the upstream cannot be reached or does not answer in time. */
  unavailable: () => DailyfeedError
}

export function createDestination(
  upstream: Upstream,
  config: GatewayConfig,
  unavailable: () => DailyfeedError,
): Destination {
  return {
    upstream,
    places: new Places({
      count: config.UPSTREAM_REQUESTS_MAX,
      maxWaiting: config.UPSTREAM_WAITING_MAX,
      maxWaitMilliseconds: config.UPSTREAM_WAIT_MS,
    }),
    requests:
      config.RATE_LIMIT === 'on'
        ? new Quota({ total: Number.POSITIVE_INFINITY, perKey: config.REQUESTS_PER_CLIENT })
        : undefined,
    unavailable,
  }
}

export const destinationsOf = (
  { services }: Upstreams,
  config: GatewayConfig,
): Record<UpstreamName, Destination> =>
  Object.fromEntries(
    UPSTREAM_NAMES.map((name) => [
      name,
      createDestination(services[name], config, () => unavailable(name)),
    ]),
  ) as Record<UpstreamName, Destination>

const unavailable = (service: UpstreamName) =>
  new DailyfeedError(service === 'member' ? 'MEMBER_API_CONNECTION_ERROR' : 'SERVICE_UNAVAILABLE', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  })
