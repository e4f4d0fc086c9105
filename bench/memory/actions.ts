import type { Random } from '@dailyfeed/cli/seed/random'
import type { Method } from '@dailyfeed/tests/http-client'
import { below, pick } from './choices.ts'
import { type LoadMember, requestOrThrow } from './load-member.ts'

export type Action = (member: LoadMember) => Promise<unknown>

const MAX_RECENT_POSTS = 300
/** Each matches some hundreds of the seeded posts. */
const KEYWORDS = [
  '연남동에서 시집',
  '한강에서 사워도우',
  '고양이를 새벽에 시장',
  '북한산에서 노래 -추천',
  'river sourdough',
  'library cello',
  'from:seed_7 커피',
]
const RANKINGS = ['most-popular', 'most-commented', 'recent-activities']
const WINDOWS = ['1h', '1d', '7d', 'all']
const FOLLOWING_FEED = '/api/timeline/posts/followings'

/** The requests that members send, each as often in the list as its share in percent. */
export function actionsOf(
  baseUrl: string,
  members: readonly LoadMember[],
  random: Random,
): { actions: readonly Action[]; readFollowingFeed: Action } {
  const recent = new RecentPosts()
  const send = async (
    { bearer }: LoadMember,
    method: Method,
    url: string,
    body?: object,
  ): Promise<Awaited<ReturnType<typeof requestOrThrow>>['data']> =>
    (await requestOrThrow(baseUrl, { as: bearer, method, url, body })).data

  async function readList(member: LoadMember, url: string): Promise<void> {
    const { content } = await send(member, 'GET', url)
    recent.add(content.map(({ id }: { id: number }) => id))
  }

  async function toggle(
    member: LoadMember,
    current: Set<number>,
    id: number,
    url: string,
  ): Promise<void> {
    const isOn = current.has(id)
    await send(member, isOn ? 'DELETE' : 'POST', url)
    if (isOn) current.delete(id)
    else current.add(id)
  }

  async function writePost(member: LoadMember): Promise<void> {
    const content = `오늘의 글: ${pick(random, KEYWORDS)}`
    const { id } = await send(member, 'POST', '/api/posts', { content })
    recent.add([id])
  }

  const somePost = () => pick(random, recent.ids())
  const someOther = ({ id }: LoadMember) =>
    pick(
      random,
      members.filter((member) => member.id !== id),
    ).id
  const keyword = () => encodeURIComponent(pick(random, KEYWORDS))
  const ranking = () => `${pick(random, RANKINGS)}?window=${pick(random, WINDOWS)}`
  const like = (member: LoadMember, id: number) =>
    toggle(member, member.likes, id, `/api/posts/${id}/like`)
  const follow = (member: LoadMember, id: number) =>
    toggle(member, member.follows, id, `/api/members/follow/${id}`)
  const comment = (member: LoadMember, postId: number) =>
    send(member, 'POST', '/api/comments', { postId, content: '다음엔 같이 가요 🙂' })

  const readFollowingFeed: Action = (member) => readList(member, FOLLOWING_FEED)
  const shares: readonly [percent: number, Action][] = [
    [28, readFollowingFeed],
    [5, (member) => readList(member, `${FOLLOWING_FEED}?page=${1 + below(random, 8)}`)],
    [12, (member) => readList(member, `/api/timeline/posts/${ranking()}`)],
    [11, (member) => send(member, 'GET', `/api/timeline/posts/${somePost()}`)],
    [11, (member) => send(member, 'GET', `/api/timeline/posts/${somePost()}/comments`)],
    [4, (member) => send(member, 'GET', `/api/search/posts?keyword=${keyword()}`)],
    [2, (member) => send(member, 'GET', `/api/search/comments?keyword=${keyword()}`)],
    [4, (member) => send(member, 'GET', '/api/notifications')],
    [5, writePost],
    [6, (member) => comment(member, somePost())],
    [8, (member) => like(member, somePost())],
    [4, (member) => follow(member, someOther(member))],
  ]
  const actions = shares.flatMap(([percent, action]) =>
    Array.from({ length: percent }, () => action),
  )
  return { actions, readFollowingFeed }
}

/** The posts that members saw or wrote last, which the next requests are about. */
class RecentPosts {
  readonly #ids = new Set<number>()

  ids(): number[] {
    return [...this.#ids]
  }

  add(ids: readonly number[]): void {
    for (const id of ids) this.#ids.add(id)
    for (const id of this.#ids) {
      if (this.#ids.size <= MAX_RECENT_POSTS) return
      this.#ids.delete(id)
    }
  }
}
