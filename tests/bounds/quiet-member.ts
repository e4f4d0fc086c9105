import type { Member } from '../acceptance/client.ts'
import { ask } from '../http-client.ts'
import { sendAtRate } from '../pacing.ts'

export interface QuietReport {
  /** Milliseconds from the due time of each request to the end of its answer. */
  latencies: number[]
  /** Answers of status 5xx or 429, and requests without an answer. */
  failures: string[]
}

const ADDRESS = '198.51.100.1'
const REQUESTS: readonly { url: string; body?: object }[] = [
  { url: '/api/members/profile' },
  { url: '/api/timeline/posts/followings' },
  { url: '/api/notifications/unread-count' },
  { url: '/api/posts', body: { title: '', content: '산수유 꽃' } },
  { url: '/api/notifications' },
  { url: '/api/timeline/posts/most-popular' },
]

/** A member at an address of its own sends requests at a steady pace, as a person's client does. */
export async function useQuietly(
  member: Member,
  { seconds, perSecond }: { seconds: number; perSecond: number },
): Promise<QuietReport> {
  const report: QuietReport = { latencies: [], failures: [] }
  const unanswered: Promise<void>[] = []
  const headers = { 'x-forwarded-for': ADDRESS }
  await sendAtRate(perSecond, seconds * perSecond, (n) => {
    const request = REQUESTS[n % REQUESTS.length] ?? { url: '/' }
    const dueAt = performance.now()
    unanswered.push(
      ask(member, { ...request, headers }).then(
        ({ status }) => {
          report.latencies.push(performance.now() - dueAt)
          if (status >= 500 || status === 429) report.failures.push(`${request.url}: ${status}`)
        },
        (error) => void report.failures.push(`${request.url}: ${error}`),
      ),
    )
  })
  await Promise.all(unanswered)
  return report
}
