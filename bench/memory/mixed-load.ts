import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, randomOf } from '@dailyfeed/cli/seed/random'

/** A member as the load knows them. Each does one thing at a time, so that what they like and follow is known. */
export interface LoadMember {
  id: number
  email: string
  password: string
  bearer: string
  /** Of the session before, which ends with the login after. */
  formerBearer: string | undefined
  likes: Set<number>
  follows: Set<number>
}

interface LoadOptions {
  url: string
  members: readonly LoadMember[]
  /** Requests a second, of all members together. */
  rate: number
  /** Told of each answer that was not what had to come. */
  onFailure: (message: string) => void
}

export interface MixedLoad {
  /** Until so many seconds are over, or `isOver` says so. Returns requests a second. */
  run(seconds: number, isOver: () => boolean): Promise<number>
}

/** Tokens live 15 minutes. */
const LOGIN_EVERY_SECONDS = 300
const ANSWER_MILLISECONDS = 10_000
const RECENT_POSTS = 300
/** Each meets some hundreds of the posts that are seeded. */
const WORDS = [
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

/** Members who read, search, write, like, follow and log in again, in random order at a fixed pace. */
export function createMixedLoad({ url, members, rate, onFailure }: LoadOptions): MixedLoad {
  const random = randomOf(1)
  const recent = new Set<number>()

  async function ask(
    member: LoadMember,
    method: string,
    path: string,
    body?: object,
  ): Promise<unknown> {
    return (await answerOf(url, { method, path, bearer: member.bearer, body })).data
  }

  function remember(postIds: readonly number[]): void {
    for (const id of postIds) recent.add(id)
    for (const id of recent) {
      if (recent.size <= RECENT_POSTS) return
      recent.delete(id)
    }
  }
  const somePost = () => pick(random, [...recent])
  const someOther = (member: LoadMember) =>
    pick(
      random,
      members.filter(({ id }) => id !== member.id),
    ).id

  async function readList(member: LoadMember, path: string): Promise<string | null> {
    const { content, nextCursor } = (await ask(member, 'GET', path)) as {
      content: { id: number }[]
      nextCursor: string | null
    }
    remember(content.map(({ id }) => id))
    return nextCursor
  }

  async function toggle(
    member: LoadMember,
    of: Set<number>,
    id: number,
    path: string,
  ): Promise<void> {
    const isOn = of.has(id)
    await ask(member, isOn ? 'DELETE' : 'POST', path)
    if (isOn) of.delete(id)
    else of.add(id)
  }

  /** How often of a hundred, and what. */
  const acts: readonly [number, (member: LoadMember) => Promise<unknown>][] = [
    [28, (member) => readList(member, '/api/timeline/posts/followings')],
    [
      5,
      (member) => readList(member, `/api/timeline/posts/followings?page=${1 + below(random, 8)}`),
    ],
    [
      12,
      (member) =>
        readList(
          member,
          `/api/timeline/posts/${pick(random, RANKINGS)}?window=${pick(random, WINDOWS)}`,
        ),
    ],
    [11, (member) => ask(member, 'GET', `/api/timeline/posts/${somePost()}`)],
    [11, (member) => ask(member, 'GET', `/api/timeline/posts/${somePost()}/comments`)],
    [
      4,
      (member) =>
        ask(member, 'GET', `/api/search/posts?keyword=${encodeURIComponent(pick(random, WORDS))}`),
    ],
    [
      2,
      (member) =>
        ask(
          member,
          'GET',
          `/api/search/comments?keyword=${encodeURIComponent(pick(random, WORDS))}`,
        ),
    ],
    [4, (member) => ask(member, 'GET', '/api/notifications')],
    [
      5,
      async (member) =>
        remember([
          (
            (await ask(member, 'POST', '/api/posts', {
              content: `오늘의 글: ${pick(random, WORDS)}`,
            })) as { id: number }
          ).id,
        ]),
    ],
    [
      6,
      (member) =>
        ask(member, 'POST', '/api/comments', {
          postId: somePost(),
          content: '다음엔 같이 가요 🙂',
        }),
    ],
    [
      8,
      (member) => {
        const id = somePost()
        return toggle(member, member.likes, id, `/api/posts/${id}/like`)
      },
    ],
    [
      4,
      (member) => {
        const id = someOther(member)
        return toggle(member, member.follows, id, `/api/members/follow/${id}`)
      },
    ],
  ]
  const deck = acts.flatMap(([times, act]) => Array.from({ length: times }, () => act))

  async function logInAgain(member: LoadMember): Promise<void> {
    if (member.formerBearer !== undefined)
      await answerOf(url, {
        method: 'POST',
        path: '/api/authentication/logout',
        bearer: member.formerBearer,
      })
    member.formerBearer = member.bearer
    member.bearer = await logIn(url, member)
  }

  return {
    async run(seconds, isOver) {
      for (const member of members) await readList(member, '/api/timeline/posts/followings')
      const idle = [...members]
      const working = new Set<Promise<void>>()
      const startedAt = performance.now()
      const loginsPerSecond = members.length / LOGIN_EVERY_SECONDS
      let sent = 0
      let logins = 0
      for (; sent < seconds * rate && !isOver(); sent += 1) {
        const rest = startedAt + (sent * 1_000) / rate - performance.now()
        if (rest > 0) await sleep(rest)
        while (idle.length === 0) await Promise.race(working)
        const isLogin = logins < (sent / rate) * loginsPerSecond
        const member = isLogin
          ? takeOut(idle, members[logins % members.length] as LoadMember)
          : takeOut(idle, pick(random, idle))
        // Whose turn it is to log in is doing something else: next time.
        if (member === undefined) continue
        if (isLogin) logins += 1
        const act = isLogin ? logInAgain : pick(random, deck)
        const work: Promise<void> = act(member)
          .then(
            () => {},
            (error) => onFailure(error instanceof Error ? error.message : String(error)),
          )
          .finally(() => {
            working.delete(work)
            idle.push(member)
          })
        working.add(work)
      }
      await Promise.all(working)
      return (sent * 1_000) / (performance.now() - startedAt)
    },
  }
}

interface Question {
  method: string
  path: string
  bearer?: string
  body?: object | undefined
}

/** Throws unless it was answered with 200 or 201. */
export async function answerOf(
  url: string,
  { method, path, bearer, body }: Question,
): Promise<{ headers: Headers; data: unknown }> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(bearer === undefined ? {} : { authorization: bearer }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
  }).catch((error) => {
    throw new Error(`${method} ${path} was not answered: ${error}`)
  })
  const text = await response.text()
  if (response.status !== 200 && response.status !== 201)
    throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 300)}`)
  return { headers: response.headers, data: (JSON.parse(text) as { data: unknown }).data }
}

export async function logIn(
  url: string,
  { email, password }: { email: string; password: string },
): Promise<string> {
  const { headers } = await answerOf(url, {
    method: 'POST',
    path: '/api/authentication/login',
    body: { email, password },
  })
  return headers.get('authorization') ?? ''
}

const below = (random: Random, bound: number) => Math.floor(random() * bound)
const pick = <Value>(random: Random, values: readonly Value[]): Value =>
  values[below(random, values.length)] as Value

function takeOut<Value>(values: Value[], value: Value): Value | undefined {
  const place = values.indexOf(value)
  return place < 0 ? undefined : values.splice(place, 1)[0]
}
