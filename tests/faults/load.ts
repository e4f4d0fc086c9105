import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.ts'

/** What members were told, to be compared with what is there at the end. */
export interface Ledger {
  /** Posts and comments that were acknowledged, by their first text, of which no two are alike. */
  acknowledged: Map<string, { kind: 'post' | 'comment'; id: number }>
  /** Answered with an error: nothing of it may be there twice, and of a refusal nothing at all. */
  refused: { text: string; status: number; path: string }[]
  /** No answer came: it may be there or not, but not twice. */
  unanswered: Set<string>
  /** Whether a member likes a post, as last acknowledged; undefined after an answer that did not come. */
  likes: Map<string, boolean | undefined>
  /** Milliseconds that acknowledged writes took, by the moment of their answer (`performance.now()`). */
  times: { at: number; took: number }[]
}

export interface Load {
  readonly ledger: Ledger
  /** Writes and reads go on until it is stopped. */
  start(): void
  stop(): Promise<void>
  /** So many acknowledged posts, no more and no less, in the middle of everything else. */
  posts(count: number): Promise<void>
}

export interface LoadMember {
  id: number
  bearer: string
}

interface LoadOptions {
  members: readonly LoadMember[]
  contentUrls: () => readonly string[]
  timelineUrl: string
  random: Random
  /** Requests a second, of all members together. */
  rate: number
}

const ANSWER_MILLISECONDS = 15_000
const WORKERS = 6

/** Members who post, comment, edit, like, take back and read, in random order; each worker one request at a time. */
export function createLoad({ members, contentUrls, timelineUrl, random, rate }: LoadOptions): Load {
  const ledger: Ledger = {
    acknowledged: new Map(),
    refused: [],
    unanswered: new Set(),
    likes: new Map(),
    times: [],
  }
  const posts: { id: number; authorId: number }[] = []
  let texts = 0
  let isRunning = false
  let workers: Promise<void>[] = []

  /** The answer's data, or undefined where it was not acknowledged. */
  async function ask(
    member: LoadMember,
    method: string,
    url: string,
    path: string,
    text: string,
    body?: object,
  ): Promise<{ id: number } | undefined> {
    const startedAt = performance.now()
    let status: number
    let answer: { data?: { id: number } }
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: member.bearer,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
      })
      status = response.status
      answer = (await response.json()) as typeof answer
    } catch {
      ledger.unanswered.add(text)
      return undefined
    }
    if (status >= 300) {
      ledger.refused.push({ text, status, path })
      return undefined
    }
    const now = performance.now()
    if (method !== 'GET') ledger.times.push({ at: now, took: now - startedAt })
    return answer.data ?? { id: 0 }
  }

  const newText = (kind: string) => {
    texts += 1
    return `${kind} ${texts}`
  }
  const contentUrl = () => random.pick(contentUrls())
  /** One of the last: an old one would be read by nobody. */
  const recentPost = () =>
    posts.length === 0
      ? undefined
      : posts[posts.length - 1 - random.below(Math.min(50, posts.length))]

  async function post(member: LoadMember): Promise<boolean> {
    const text = newText('post')
    const data = await ask(member, 'POST', contentUrl(), '/api/posts', text, { content: text })
    if (data === undefined) return false
    ledger.acknowledged.set(text, { kind: 'post', id: data.id })
    posts.push({ id: data.id, authorId: member.id })
    return true
  }

  async function act(member: LoadMember, worker: number): Promise<void> {
    const target = recentPost()
    const chance = random.below(100)
    if (target === undefined || chance < 35) return void (await post(member))
    if (chance < 60) {
      const text = newText('comment')
      const data = await ask(member, 'POST', contentUrl(), '/api/comments', text, {
        postId: target.id,
        content: text,
      })
      if (data !== undefined) ledger.acknowledged.set(text, { kind: 'comment', id: data.id })
    } else if (chance < 80) {
      // One worker alone likes for a member on a post: otherwise nobody could say which came last.
      const key = `${target.id} ${member.id}`
      if (target.id % WORKERS !== worker) return
      const wants = !(ledger.likes.get(key) ?? false)
      const done = await ask(
        member,
        wants ? 'POST' : 'DELETE',
        contentUrl(),
        `/api/posts/${target.id}/like`,
        `like ${key}`,
      )
      ledger.likes.set(key, done === undefined ? undefined : wants)
    } else if (chance < 95) {
      const reader = members.find(({ id }) => id !== target.authorId) as LoadMember
      await ask(reader, 'GET', timelineUrl, `/api/timeline/posts/${target.id}`, `read ${target.id}`)
    } else {
      const author = members.find(({ id }) => id === target.authorId) as LoadMember
      await ask(author, 'PUT', contentUrl(), `/api/posts/${target.id}`, `edit ${target.id}`, {
        content: `edited ${newText('post')}`,
      })
    }
  }

  async function work(number: number): Promise<void> {
    while (isRunning) {
      const startedAt = performance.now()
      await act(random.pick(members), number)
      const rest = (WORKERS * 1_000) / rate - (performance.now() - startedAt)
      if (rest > 0) await sleep(rest)
    }
  }

  return {
    ledger,
    start() {
      if (isRunning) return
      isRunning = true
      workers = Array.from({ length: WORKERS }, (_, number) => work(number))
    },
    async stop() {
      isRunning = false
      await Promise.all(workers)
    },
    async posts(count) {
      for (let written = 0; written < count; ) if (await post(random.pick(members))) written += 1
    },
  }
}
