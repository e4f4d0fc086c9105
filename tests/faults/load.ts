import { setTimeout as sleep } from 'node:timers/promises'
import { ask, clientAt, type HttpClient, type Method } from '../http-client.ts'
import type { Random } from './seeded-random.ts'

/** The answers that members received, which are compared with the database at the end. */
export interface Ledger {
  /** Acknowledged posts and comments, by their first text, which is unique. */
  acknowledged: Map<string, { kind: 'post' | 'comment'; id: number }>
  /** Requests that were answered with an error; their texts must not be stored twice. */
  refused: { text: string; status: number; path: string }[]
  /** Texts of requests without an answer: stored once or not at all. */
  unanswered: Set<string>
  /** Whether a member likes a post, as last acknowledged; undefined after a missing answer. */
  likes: Map<string, boolean | undefined>
  /** Acknowledged writes: the time of the answer (`performance.now()`) and its latency in ms. */
  latencies: { at: number; took: number }[]
}

export interface Load {
  readonly ledger: Ledger
  /** Starts to write and read until `stop()`. */
  start(): void
  stop(): Promise<void>
  /** Waits for the answers of all requests that are in flight now. */
  drain(): Promise<void>
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
  /** The rate of all members together. */
  requestsPerSecond: number
}

const ANSWER_TIMEOUT_MS = 15_000
const WORKERS = 6

/** Sends the requests of members; each of several workers sends one request at a time. */
export function createLoad({ requestsPerSecond, ...options }: LoadOptions): Load {
  const ledger: Ledger = {
    acknowledged: new Map(),
    refused: [],
    unanswered: new Set(),
    likes: new Map(),
    latencies: [],
  }
  const sendNext = createRequests(ledger, options)
  const inFlight = new Set<Promise<void>>()
  let isRunning = false
  let workers: Promise<void>[] = []

  async function work(worker: number): Promise<void> {
    while (isRunning) {
      const startedAt = performance.now()
      const request = sendNext(worker)
      inFlight.add(request)
      await request.finally(() => inFlight.delete(request))
      const untilNext = (WORKERS * 1_000) / requestsPerSecond - (performance.now() - startedAt)
      if (untilNext > 0) await sleep(untilNext)
    }
  }

  return {
    ledger,
    start() {
      if (isRunning) return
      isRunning = true
      workers = Array.from({ length: WORKERS }, (_, worker) => work(worker))
    },
    async stop() {
      isRunning = false
      await Promise.all(workers)
    },
    async drain() {
      await Promise.all(inFlight)
    },
  }
}

/** Members post, comment, edit, like, withdraw likes and read, in random order. */
function createRequests(
  ledger: Ledger,
  { members, contentUrls, timelineUrl, random }: Omit<LoadOptions, 'requestsPerSecond'>,
): (worker: number) => Promise<void> {
  const send = createRecordingClient(ledger)
  const posts: { id: number; authorId: number }[] = []
  let texts = 0

  const newText = (kind: string) => {
    texts += 1
    return `${kind} ${texts}`
  }
  const contentUrl = () => random.pick(contentUrls())
  const recentPost = () =>
    posts.length === 0
      ? undefined
      : posts[posts.length - 1 - random.below(Math.min(50, posts.length))]

  async function writePost(member: LoadMember): Promise<void> {
    const text = newText('post')
    const body = { content: text }
    const data = await send({ member, url: `${contentUrl()}/api/posts`, text, body })
    if (data === undefined) return
    ledger.acknowledged.set(text, { kind: 'post', id: data.id })
    posts.push({ id: data.id, authorId: member.id })
  }

  async function writeComment(member: LoadMember, postId: number): Promise<void> {
    const text = newText('comment')
    const body = { postId, content: text }
    const data = await send({ member, url: `${contentUrl()}/api/comments`, text, body })
    if (data !== undefined) ledger.acknowledged.set(text, { kind: 'comment', id: data.id })
  }

  async function toggleLike(member: LoadMember, postId: number): Promise<void> {
    const key = `${postId} ${member.id}`
    const liked = !(ledger.likes.get(key) ?? false)
    const method = liked ? 'POST' : 'DELETE'
    const url = `${contentUrl()}/api/posts/${postId}/like`
    const data = await send({ member, method, url, text: `like ${key}` })
    ledger.likes.set(key, data === undefined ? undefined : liked)
  }

  return async (worker) => {
    const member = random.pick(members)
    const target = recentPost()
    const chance = random.below(100)
    if (target === undefined || chance < 35) return writePost(member)
    if (chance < 60) return writeComment(member, target.id)
    if (chance < 80) {
      // Only one worker likes a post, since the order of concurrent likes would be unknown.
      if (target.id % WORKERS === worker) await toggleLike(member, target.id)
      return
    }
    if (chance < 95) {
      const reader = members.find(({ id }) => id !== target.authorId) as LoadMember
      const url = `${timelineUrl}/api/timeline/posts/${target.id}`
      await send({ member: reader, url, text: `read ${target.id}` })
      return
    }
    const author = members.find(({ id }) => id === target.authorId) as LoadMember
    const url = `${contentUrl()}/api/posts/${target.id}`
    const body = { content: `edited ${newText('post')}` }
    await send({ member: author, method: 'PUT', url, text: `edit ${target.id}`, body })
  }
}

interface LoadRequest {
  member: LoadMember
  method?: Method
  url: string
  /** Names the request in the ledger. */
  text: string
  body?: object
}

/**
 * Sends requests and writes their outcomes into the ledger. Returns the data of an acknowledgement,
 * and undefined where there is none.
 */
function createRecordingClient(ledger: Ledger) {
  const timeout: HttpClient = clientAt('', { timeoutMs: ANSWER_TIMEOUT_MS })
  return async ({ member, text, ...request }: LoadRequest): Promise<{ id: number } | undefined> => {
    const startedAt = performance.now()
    const answer = await ask(timeout, { as: member.bearer, ...request }).catch(() => undefined)
    if (answer === undefined) {
      ledger.unanswered.add(text)
      return undefined
    }
    if (answer.status >= 300) {
      ledger.refused.push({ text, status: answer.status, path: new URL(request.url).pathname })
      return undefined
    }
    const now = performance.now()
    const isWrite = request.method !== undefined || request.body !== undefined
    if (isWrite) ledger.latencies.push({ at: now, took: now - startedAt })
    return answer.body.data ?? { id: 0 }
  }
}
