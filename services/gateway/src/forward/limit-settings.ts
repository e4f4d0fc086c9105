import Type from 'typebox'

const MIB = 1024 * 1024

const count = (fallback: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 1_000_000, default: fallback, description })

/** Bounds of what the gateway holds for its clients (docs/limits.md, "Requests at the gateway"). */
export const limitSettings = {
  ANSWER_STALL_MS: Type.Integer({
    minimum: 100,
    maximum: 600_000,
    default: 20_000,
    description: 'milliseconds after which an answer that its client does not read is cut off',
  }),
  CONNECTIONS_MAX: count(10_000, 'connections of clients at once; further ones are closed'),
  CONNECTIONS_PER_CLIENT: count(512, 'connections of one address block at once'),
  REQUESTS_PER_CLIENT: count(
    32,
    'unanswered requests of one address block, and of one access token, to one service',
  ),
  BODIES_PER_CLIENT: count(8, 'request bodies of one address block that have not arrived in full'),
  BODY_TIMEOUT_MS: Type.Integer({
    minimum: 100,
    maximum: 60_000,
    default: 10_000,
    description:
      'milliseconds in which a request body must arrive; for an upload, between two of its parts',
  }),
  BODY_BYTES_MAX: Type.Integer({
    minimum: MIB,
    maximum: 4_096 * MIB,
    default: 64 * MIB,
    description: 'bytes of request bodies that the gateway holds at once, uploads excepted',
  }),
  UPLOADS_MAX: count(32, 'uploads at once'),
  UPLOADS_PER_CLIENT: count(8, 'uploads of one address block at once'),
  STREAMS_MAX: count(2_000, 'notification streams at once'),
  STREAMS_PER_CLIENT: count(500, 'notification streams of one address block at once'),
  STREAMS_PER_MEMBER: count(20, 'notification streams of one access token at once'),
  UPSTREAM_REQUESTS_MAX: count(128, 'requests at one service at once; further ones wait'),
  UPSTREAM_WAITING_MAX: count(512, 'requests that wait for one service'),
  UPSTREAM_WAIT_MS: Type.Integer({
    minimum: 10,
    maximum: 60_000,
    default: 1_000,
    description: 'milliseconds that a request waits until a service has room for it',
  }),
}
