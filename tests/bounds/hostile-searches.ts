import { ask, clientAt } from '../http-client.ts'
import type { Scenario } from './scenario.ts'

const MEMBERS = 4
/** Requests that each member keeps in flight. */
const IN_FLIGHT = 6
const POSTS = 25

const KANA = 'カメラ'
const COMPATIBILITY = '\u3300\u3316\u3303'

/** Posts that make each candidate of the searches below as costly as a post can. */
const CONTENTS = [
  KANA.repeat(1_600),
  COMPATIBILITY.repeat(1_600),
  '커피 우유 '.repeat(800),
  'a b '.repeat(1_200),
]

const search = (list: string, keyword: string) =>
  `/api/search/${list}?size=100&keyword=${encodeURIComponent(keyword)}`

const URLS = [
  search('posts', KANA.repeat(21).slice(0, 62)),
  search('posts', COMPATIBILITY.repeat(6)),
  search('posts', '커피 우유'),
  search('posts', '"커피 우유 커피 우유 커피 우유"'),
  search('posts', '커피 -바다 -등대 -카메라 -조용한'),
  search('posts', 'a b'),
  search('posts', 'since:2020-01-01'),
  search('comments', '커피 우유'),
  '/api/timeline/posts/date-range?startDate=0001-01-01&endDate=9999-12-31&size=100&page=99',
  '/api/member-activities/followings?size=100&page=9',
  '/api/timeline/posts/most-popular?size=100&page=1000000',
]

/** Members who search for what costs most, in posts that they wrote for it, and page as deep as they may. */
export const hostileSearches: Scenario = {
  name: 'hostile searches',
  members: MEMBERS,
  async start({ url, members }) {
    const client = clientAt(url)
    let requests = 0
    let isStopped = false
    const problems = new Set<string>()
    const headersOf = (n: number) => ({ 'x-forwarded-for': `203.0.113.${100 + n}` })
    await Promise.all(
      members.map(async ({ bearer }, n) => {
        for (let post = 0; post < POSTS; post += 1)
          await ask(client, {
            as: bearer,
            url: '/api/posts',
            body: { title: '', content: CONTENTS[post % CONTENTS.length] },
            headers: headersOf(n),
          })
      }),
    )
    const floods = members.flatMap(({ bearer }, n) =>
      Array.from({ length: IN_FLIGHT }, async (_, connection) => {
        for (let turn = connection; !isStopped; turn += 1) {
          const path = URLS[turn % URLS.length] ?? '/'
          requests += 1
          const { status } = await ask(client, { as: bearer, url: path, headers: headersOf(n) })
          // 503 and 429 are bounds that hold; they ask the client to wait.
          if (status >= 500 && status !== 503) problems.add(`${path}: ${status}`)
        }
      }),
    )
    return {
      async stop() {
        isStopped = true
        await Promise.all(floods)
        return { requests, problems: [...problems] }
      },
    }
  },
}
