import Type from 'typebox'

/** Settings of every service that can use Redis. Without Redis services are slower, and lose nothing. */
export const redisSettings = {
  REDIS_URL: Type.Optional(
    Type.String({
      pattern: '^rediss?://[^,]+(,rediss?://[^,]+)*$',
      maxLength: 1_000,
      description:
        'a redis:// or rediss:// address, or several of a Redis Cluster, separated by commas',
    }),
  ),
}
