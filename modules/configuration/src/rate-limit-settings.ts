import Type from 'typebox'

const requests = (fallback: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 10_000_000, default: fallback, description })

/** How many keys (members or address blocks) one limit of one process counts at a time. */
export const rateLimitMemorySettings = {
  RATE_LIMIT_MAX_KEYS: Type.Integer({
    minimum: 1_000,
    maximum: 1_000_000,
    default: 50_000,
    description: 'members or address blocks that one limit counts in a window',
  }),
}

/**
 * Requests of each class, per member and per address block (IPv4 /32, IPv6 /64), by every service that serves routes of
 * members. The gateway has its own limit for all requests of a block.
 */
export const rateLimitSettings = {
  ...rateLimitMemorySettings,
  RATE_LIMIT_LOGIN_PER_MEMBER: requests(60, 'logins and refreshes of one member in a minute'),
  RATE_LIMIT_LOGIN_PER_ADDRESS: requests(300, 'logins and refreshes of one address in a minute'),
  RATE_LIMIT_SIGNUP_PER_ADDRESS: requests(300, 'sign-ups of one address in an hour'),
  RATE_LIMIT_READ_PER_MEMBER: requests(3_000, 'reads of one member in a minute'),
  RATE_LIMIT_READ_PER_ADDRESS: requests(3_000, 'reads of one address without a member in a minute'),
  RATE_LIMIT_WRITE_PER_MEMBER: requests(300, 'writes of one member in a minute'),
  RATE_LIMIT_WRITE_PER_ADDRESS: requests(1_500, 'writes of one address in a minute'),
  RATE_LIMIT_SEARCH_PER_MEMBER: requests(120, 'searches of one member in a minute'),
  RATE_LIMIT_SEARCH_PER_ADDRESS: requests(600, 'searches of one address in a minute'),
  RATE_LIMIT_UPLOAD_PER_ADDRESS: requests(600, 'uploads of one address in an hour'),
  RATE_LIMIT_STREAM_PER_MEMBER: requests(60, 'streams that one member opens in a minute'),
  RATE_LIMIT_STREAM_PER_ADDRESS: requests(600, 'streams that one address opens in a minute'),
  RATE_LIMIT_ADMIN_PER_MEMBER: requests(300, 'requests of one administrator in a minute'),
  RATE_LIMIT_ADMIN_PER_ADDRESS: requests(600, 'administrative requests of one address in a minute'),
}
