import { type Page, servePages, startFixedResponseServer } from '../fixed-response-server.ts'
import type { Reader } from './feed-environment.ts'

/** A timeline-svc, which is requested without the gateway. */
export interface Timeline {
  url: string
  /** The V8 flags of its process. */
  flags: readonly string[]
}

/** A timeline-svc with a fixed-response server in the same process. */
export interface TimelineWithFixedResponses extends Timeline {
  fixedResponseUrl: string
}

export const FOLLOWINGS = 200
export const FEED = '/api/timeline/posts/followings'

/** The current answers of the timeline, in the order of the paths. */
export async function pagesOf(
  timeline: Timeline,
  paths: readonly string[],
  { authorization }: Reader,
): Promise<Page[]> {
  const pages: Page[] = []
  for (const path of paths) {
    const answer = await fetch(`${timeline.url}${path}`, { headers: { authorization } })
    if (answer.status !== 200)
      throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    pages.push({ body: await answer.text(), headers: Object.fromEntries(answer.headers) })
  }
  return pages
}

/** Runs a measurement beside a separate process that sends the pages as fixed responses. */
export async function besideFixedResponses<Result>(
  { flags }: Timeline,
  pages: readonly Page[],
  measure: (urls: string[]) => Promise<Result>,
  redisUrl?: string,
): Promise<Result> {
  const server = await startFixedResponseServer(flags, redisUrl)
  try {
    return await measure(await servePages(server.url, pages))
  } finally {
    await server.stop()
  }
}
