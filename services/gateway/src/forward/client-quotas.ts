import { Quota } from '@dailyfeed/concurrency/quota'
import type { GatewayConfig } from '../config.ts'

/** Bounds across all upstreams of what clients hold at the gateway. */
export interface ClientQuotas {
  /** Bodies that have not arrived in full, by address block. */
  bodies: Quota
  /** Bytes of bodies that are held until their requests have been answered, by address block. */
  bodyBytes: Quota
  /** Uploads, by address block. */
  uploads: Quota
  /** Streams, by address block. */
  streams: Quota
  /** Streams, by access token. */
  streamsOfMembers: Quota
}

/** With `RATE_LIMIT=off` each client may hold everything; the totals stay. */
export function createClientQuotas(config: GatewayConfig): ClientQuotas {
  const isLimited = config.RATE_LIMIT === 'on'
  const quota = (total: number, perKey: number) =>
    new Quota({ total, perKey: isLimited ? perKey : total })
  return {
    bodies: quota(Number.POSITIVE_INFINITY, config.BODIES_PER_CLIENT),
    // A quarter, so that the others can send bodies while one client holds its share.
    bodyBytes: quota(config.BODY_BYTES_MAX, config.BODY_BYTES_MAX / 4),
    uploads: quota(config.UPLOADS_MAX, config.UPLOADS_PER_CLIENT),
    streams: quota(config.STREAMS_MAX, config.STREAMS_PER_CLIENT),
    streamsOfMembers: quota(config.STREAMS_MAX, config.STREAMS_PER_MEMBER),
  }
}
