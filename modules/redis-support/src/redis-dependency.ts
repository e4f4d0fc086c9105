import type { RedisClient } from './redis-client.ts'

/** Redis for GET /healthz/ready: no service needs it, each is slower without it. */
export const redisDependency = (redis: RedisClient) => ({
  name: 'redis',
  isRequired: false,
  check: async () => void (await redis.runIds()),
  describe: () => 'Redis does not answer',
})
