import { createHash } from 'node:crypto'
import { ErrorReply } from 'redis'

/** Lua that runs in Redis, on one key: `KEYS[1]`. */
export interface RedisScript {
  text: string
  sha1: string
}

export const redisScript = (text: string): RedisScript => ({
  text,
  sha1: createHash('sha1').update(text).digest('hex'),
})

interface Evaluating {
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  eval(text: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** By its name; a Redis that does not know it yet is told. */
export async function runScript(
  client: Evaluating,
  { text, sha1 }: RedisScript,
  key: string,
  args: readonly (string | number)[],
): Promise<unknown> {
  const options = { keys: [key], arguments: args.map(String) }
  try {
    return await client.evalSha(sha1, options)
  } catch (error) {
    if (error instanceof ErrorReply && error.message.startsWith('NOSCRIPT'))
      return client.eval(text, options)
    throw error
  }
}
