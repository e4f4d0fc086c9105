import { type Page, sendConstantly, startConstantServer } from '../constant-server.ts'
import type { Reader } from './feed-world.ts'

/** What is asked of a timeline-svc: by its own address. */
export interface Timeline {
  url: string
  /** Of Node, in its process. */
  flags: readonly string[]
}

/** One with a server in its process that sends pages as they are. */
export interface TimelineWithConstant extends Timeline {
  constantUrl: string
}

export const FOLLOWINGS = 200
export const FEED = '/api/timeline/posts/followings'

/** What the timeline answers now, in the order of the paths. */
export async function pagesOf(
  timeline: Timeline,
  paths: readonly string[],
  { authorization }: Reader,
): Promise<Page[]> {
  const pages: Page[] = []
  for (const path of paths) {
    const answer = await fetch(`${timeline.url}${path}`, { headers: { authorization } })
    if (answer.status !== 200)
      throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`)
    pages.push({ body: await answer.text(), headers: Object.fromEntries(answer.headers) })
  }
  return pages
}

/** Measures against a server in a process of its own that sends these pages. */
export async function besideConstant<Result>(
  { flags }: Timeline,
  pages: readonly Page[],
  measure: (urls: string[]) => Promise<Result>,
  redisUrl?: string,
): Promise<Result> {
  const constant = await startConstantServer(flags, redisUrl)
  try {
    return await measure(await sendConstantly(constant.url, pages))
  } finally {
    await constant.stop()
  }
}
