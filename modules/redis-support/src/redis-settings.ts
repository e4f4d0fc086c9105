import Type from 'typebox'

/** Settings of every service that can use Redis. Without it, nothing is lost but speed. */
export const redisSettings = {
  REDIS_URL: Type.Optional(Type.String({ pattern: '^rediss?://', maxLength: 500, description: 'a redis:// or rediss:// address' })),
}
