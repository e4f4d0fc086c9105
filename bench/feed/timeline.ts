import { type ConstantServer, startConstantServer } from '../constant-server.ts'
import type { Reader } from './feed-world.ts'

/** What is asked of a timeline-svc: by its own address. */
export interface Timeline {
  url: string
  /** Of Node, in its process. */
  flags: readonly string[]
}

export const FOLLOWINGS = 200
export const FEED = '/api/timeline/posts/followings'

/** A server that answers what the timeline answers now, in the order of the paths. */
export async function constantOf(timeline: Timeline, paths: readonly string[], { authorization }: Reader, redisUrl?: string): Promise<ConstantServer> {
  const pages: { body: string; headers: Record<string, string> }[] = []
  for (const path of paths) {
    const answer = await fetch(`${timeline.url}${path}`, { headers: { authorization } })
    if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`)
    pages.push({ body: await answer.text(), headers: Object.fromEntries(answer.headers) })
  }
  return startConstantServer({ pages, flags: timeline.flags, ...(redisUrl === undefined ? {} : { redisUrl }) })
}
