import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalRedis, provideRedis, startLocalRedis } from '@dailyfeed/platform/redis/local-redis'

/** Why this machine cannot have Redis, for `skipIf`: `npm test` names it, and CI does not let it pass. */
export const redisIsMissing = async (): Promise<boolean> => 'reason' in (await provideRedis(process.env, () => {}))

/** A server of a test file's own. */
export async function startTestRedis(): Promise<LocalRedis> {
  const program = await provideRedis(process.env, () => {})
  if ('reason' in program) throw new Error(program.reason)
  const folder = await mkdtemp(join(tmpdir(), 'dailyfeed-redis-'))
  const redis = await startLocalRedis(program, folder)
  return {
    ...redis,
    async stop() {
      await redis.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
