import { randomBytes } from 'node:crypto'
import { sendAtRate } from '../pacing.ts'
import type { Scenario } from './scenario.ts'

const PER_SECOND = 22
const LENGTH = 5_000
/** Nearly the longest word that is indexed as a whole. */
const WORD = 250
const ADDRESS = '203.0.113.77'

const syllables = (count: number): string =>
  Array.from(randomBytes(count), (byte) => String.fromCodePoint(0xac00 + byte * 43)).join('')

/** One word of the maximum length of a post, or as many long words as fit. */
const text = (n: number): string =>
  n % 2 === 0
    ? syllables(LENGTH)
    : Array.from({ length: LENGTH / WORD }, () => syllables(WORD - 1)).join(' ')

/** Posts of one member that are as costly to index as posts can be. */
export const longWords: Scenario = {
  name: 'long words',
  members: 1,
  async start({ url, members: [member] }, seconds) {
    const stopping = new AbortController()
    const statuses = new Map<number, number>()
    const post = async (n: number) => {
      const { status } = await fetch(`${url}/api/posts`, {
        method: 'POST',
        headers: {
          authorization: member?.bearer ?? '',
          'content-type': 'application/json',
          'x-forwarded-for': ADDRESS,
        },
        body: JSON.stringify({ content: text(n) }),
        signal: stopping.signal,
      })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    const unanswered: Promise<void>[] = []
    const sending = sendAtRate(
      PER_SECOND,
      PER_SECOND * seconds,
      (n) => void unanswered.push(post(n).catch(() => {})),
      () => stopping.signal.aborted,
    )
    return {
      async stop() {
        stopping.abort()
        await sending
        await Promise.all(unanswered)
        const broken = [...statuses].filter(([status]) => status >= 500 && status !== 503)
        return {
          requests: unanswered.length,
          problems: broken.map(([status, count]) => `${count} posts were answered ${status}`),
        }
      },
    }
  },
}
