import { type Member, newMember, PASSWORD } from '../acceptance/client.ts'
import { png } from '../acceptance/png.ts'
import { eventually } from '../eventually.ts'
import { type Answer, ask, clientAt, type HttpClient } from '../http-client.ts'

/** The outcome of a request that a member would send. */
export interface ProbeOutcome {
  /** NORMAL: as without any fault. REFUSED: 503 with Retry-After. WRONG: anything else. */
  kind: 'NORMAL' | 'REFUSED' | 'WRONG'
  /** For example `503 SERVICE_UNAVAILABLE`. */
  answer: string
  milliseconds: number
}

export const PROBES = [
  'login',
  'refresh',
  'logout',
  'feed',
  'own posts',
  'post',
  'comment',
  'like',
  'search',
  'image',
  'notifications',
] as const
export type ProbeName = (typeof PROBES)[number]

type Probe = () => Promise<{ answer: Answer; isNormal: boolean }>

/** Long enough for every time limit of the product; an answer after it would mean a hang. */
const ANSWER_TIMEOUT_MS = 20_000

/** The requests of an author and of a reader who follows the author, through the gateway. */
export class Probes {
  readonly #client: HttpClient
  readonly #author: Member
  readonly #reader: Member
  readonly #postId: number
  readonly #imageId: string
  #cookie: string
  #count = 0

  private constructor(
    url: string,
    {
      author,
      reader,
      postId,
      imageId,
    }: { author: Member; reader: Member; postId: number; imageId: string },
  ) {
    this.#client = clientAt(url, { timeoutMs: ANSWER_TIMEOUT_MS })
    this.#author = author
    this.#reader = reader
    this.#postId = postId
    this.#imageId = imageId
    this.#cookie = author.cookie
  }

  static async open(url: string): Promise<Probes> {
    const author = await newMember({}, url)
    const reader = await newMember({}, url)
    await ask(reader, { method: 'POST', url: `/api/members/follow/${author.id}` })
    const post = await ask(author, { url: '/api/posts', body: { title: '', content: '복수초' } })
    const form = new FormData()
    form.set('image', new Blob([png(20, 20)]), 'photo.png')
    const image = await ask(author, { url: '/api/images/upload', body: form })
    const probes = new Probes(url, {
      author,
      reader,
      postId: post.body.data.id,
      imageId: image.body.data,
    })
    await probes.untilNormal()
    return probes
  }

  /** Sends all of them at the same time. */
  async sendAll(): Promise<Map<ProbeName, ProbeOutcome>> {
    const outcomes = await Promise.all(PROBES.map((name) => this.#send(name)))
    return new Map(PROBES.map((name, index) => [name, outcomes[index] as ProbeOutcome]))
  }

  /** Resolves when every probe is as without any fault; returns the milliseconds until then. */
  async untilNormal(): Promise<number> {
    const startedAt = performance.now()
    await eventually(
      'every request is answered as before',
      () => this.sendAll(),
      (outcomes) => [...outcomes.values()].every(({ kind }) => kind === 'NORMAL'),
      { timeoutMs: 180_000, intervalMs: 250 },
    )
    return performance.now() - startedAt
  }

  /** A path of image-svc and another one, with the headers of the reader. */
  pathsForLoad() {
    return {
      calleePath: `/api/images/view/${this.#imageId}`,
      otherPath: '/api/timeline/posts/followings',
      headers: { authorization: this.#reader.bearer },
    }
  }

  async #send(name: ProbeName): Promise<ProbeOutcome> {
    const startedAt = performance.now()
    try {
      const { answer, isNormal } = await this.#probes[name]()
      const isRefused = answer.status === 503 && answer.headers.get('retry-after') !== null
      return {
        kind: isNormal ? 'NORMAL' : isRefused ? 'REFUSED' : 'WRONG',
        answer: `${answer.status} ${answer.body?.code ?? ''}`.trim(),
        milliseconds: performance.now() - startedAt,
      }
    } catch (error) {
      return { kind: 'WRONG', answer: String(error), milliseconds: performance.now() - startedAt }
    }
  }

  readonly #probes: Record<ProbeName, Probe> = {
    login: async () => is(200, await this.#logIn()),
    refresh: async () => {
      const answer = await ask(this.#client, {
        method: 'POST',
        url: '/api/token/refresh',
        headers: { cookie: this.#cookie },
      })
      this.#cookie = answer.cookie ?? this.#cookie
      return is(200, answer)
    },
    logout: () => this.#logOut(),
    feed: async () => {
      const answer = await this.#read('/api/timeline/posts/followings')
      const [first] = answer.body?.data?.content ?? []
      const isNamed = typeof first?.authorName === 'string' && first.authorName !== ''
      return { answer, isNormal: answer.status === 200 && isNamed }
    },
    'own posts': async () => {
      const answer = await ask(this.#client, {
        as: this.#author.bearer,
        url: '/api/timeline/posts',
      })
      return { answer, isNormal: answer.status === 200 && answer.body.data.content.length > 0 }
    },
    post: async () => {
      this.#count += 1
      const body = { title: '', content: `복수초 ${this.#count}` }
      return is(201, await this.#write('/api/posts', body))
    },
    comment: async () =>
      is(201, await this.#write('/api/comments', { postId: this.#postId, content: '얼음 사이' })),
    like: async () => {
      const url = `/api/posts/${this.#postId}/like`
      await ask(this.#client, { as: this.#reader.bearer, method: 'DELETE', url })
      const answer = await ask(this.#client, { as: this.#reader.bearer, method: 'POST', url })
      return { answer, isNormal: answer.status < 300 }
    },
    search: async () => is(200, await this.#read(`/api/search/posts?keyword=${KEYWORD}`)),
    image: async () => is(200, await this.#read(`/api/images/view/${this.#imageId}`)),
    notifications: async () => is(200, await this.#read('/api/notifications/unread-count')),
  }

  #logIn(): Promise<Answer> {
    const { email } = this.#author
    return ask(this.#client, {
      url: '/api/authentication/login',
      body: { email, password: PASSWORD },
    })
  }

  /** A token is used, revoked by its logout, and must be refused by another service at once. */
  async #logOut(): ReturnType<Probe> {
    const login = await this.#logIn()
    const bearer = login.headers.get('authorization')
    if (login.status !== 200 || bearer === null) return is(200, login)
    const url = '/api/authentication/logout'
    const logout = await ask(this.#client, { as: bearer, method: 'POST', url })
    if (logout.status !== 200) return is(200, logout)
    const used = await ask(this.#client, { as: bearer, url: `/api/timeline/posts/${this.#postId}` })
    // A token that is still accepted is WRONG; 503 is not, since nothing was shown.
    return { answer: used, isNormal: used.status === 401 }
  }

  #read(url: string): Promise<Answer> {
    return ask(this.#client, { as: this.#reader.bearer, url })
  }

  #write(url: string, body: object): Promise<Answer> {
    return ask(this.#client, { as: this.#author.bearer, url, body })
  }
}

const KEYWORD = encodeURIComponent('복수초')

const is = (status: number, answer: Answer) => ({ answer, isNormal: answer.status === status })
