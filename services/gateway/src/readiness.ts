import type { Dependency } from '@dailyfeed/http-server/dependency'
import { UPSTREAM_NAMES, type Upstreams } from './upstreams.ts'

const TIMEOUT_MILLISECONDS = 2_000
/** However many probes arrive at the edge, a service is asked at most once in this time. */
const EVERY_MILLISECONDS = 1_000

/** The service answered, and not with 200. */
class NotReadyError extends Error {
  override name = 'NotReadyError'
}

/**
 * Every service, by its name: the gateway becomes ready when each has once been ready, and unready
 * when one has stayed away for longer than `graceSeconds`.
 */
export const upstreamDependencies = ({ services }: Upstreams, graceSeconds: number): Dependency[] =>
  UPSTREAM_NAMES.map((name) => ({
    name,
    isRequired: true,
    async check() {
      const { status } = await services[name].get('/healthz/ready', TIMEOUT_MILLISECONDS)
      if (status !== 200) throw new NotReadyError(`${name}-svc answered ${status}`)
    },
    describe: (error) =>
      error instanceof NotReadyError ? `${name}-svc is not ready` : `${name}-svc does not answer`,
    everyMilliseconds: EVERY_MILLISECONDS,
    graceMilliseconds: graceSeconds * 1_000,
  }))
