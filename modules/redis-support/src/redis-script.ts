import { createHash } from 'node:crypto'
import { ErrorReply } from 'redis'

/** A Lua script that uses one key: `KEYS[1]`. */
export interface RedisScript {
  text: string
  sha1: string
}

export const redisScript = (text: string): RedisScript => ({
  text,
  sha1: createHash('sha1').update(text).digest('hex'),
})

interface ScriptClient {
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  eval(text: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** Sends the hash of the script, and its text only to a server that has not cached it. */
export async function runScript(
  client: ScriptClient,
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
