import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Member, newMember, PASSWORD } from '../acceptance/client.ts'
import { png } from '../acceptance/png.ts'

export interface LoadReport {
  /** Answered requests, by name. */
  answered: Map<string, number>
  /** One sentence for each request that got no answer, or another one than it should. */
  failures: string[]
}

export interface RestartLoad {
  report: LoadReport
  stop(): Promise<void>
}

interface LoadOptions {
  /** The address of the balancer in front of the gateways. */
  url: string
  requestsPerSecond: number
}

interface LoadRequest {
  name: string
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  body?: object
  form?: FormData
  headers?: Record<string, string>
  expected: readonly number[]
}

const WORKERS = 8
const ANSWER_TIMEOUT_MS = 20_000

/**
 * Members write, read, search, log in, refresh and upload through the gateway, steadily. A proxy in
 * front of it keeps unused connections for 4 s, as the gateway does towards the services.
 */
export async function startRestartLoad({
  url,
  requestsPerSecond,
}: LoadOptions): Promise<RestartLoad> {
  const report: LoadReport = { answered: new Map(), failures: [] }
  const agent = new Agent({ keepAlive: true, timeout: 4_000 })
  const workers = await Promise.all(
    Array.from({ length: WORKERS }, async () => new LoadWorker(await newMember({}, url))),
  )
  let isRunning = true

  async function work(worker: LoadWorker): Promise<void> {
    while (isRunning) {
      const startedAt = performance.now()
      const next = worker.next()
      try {
        const { status, text } = await send(url, agent, next)
        report.answered.set(next.name, (report.answered.get(next.name) ?? 0) + 1)
        if (!next.expected.includes(status))
          report.failures.push(`${next.name} answered ${status}: ${text.slice(0, 200)}`)
        else worker.onAnswer(next, text)
      } catch (error) {
        report.failures.push(`${next.name} got no answer: ${error}`)
      }
      const untilNext = (WORKERS * 1_000) / requestsPerSecond - (performance.now() - startedAt)
      if (untilNext > 0) await sleep(untilNext)
    }
  }

  const working = workers.map(work)
  return {
    report,
    async stop() {
      isRunning = false
      await Promise.all(working)
      agent.destroy()
    },
  }
}

/** One member, and the order of its requests. */
class LoadWorker {
  readonly #member: Member
  #turn = 0
  #postId: number | undefined
  #imageId: string | undefined

  constructor(member: Member) {
    this.#member = member
  }

  next(): LoadRequest {
    this.#turn += 1
    return { ...this.#choose(), headers: { authorization: this.#member.bearer } }
  }

  #choose(): LoadRequest {
    const { email } = this.#member
    if (this.#turn % 40 === 1)
      return {
        name: 'login',
        path: '/api/authentication/login',
        body: { email, password: PASSWORD },
        expected: [200],
      }
    if (this.#turn % 40 === 21)
      return { name: 'upload', path: '/api/images/upload', form: imageForm(), expected: [201] }
    const requests = this.#requests()
    return requests[this.#turn % requests.length] as LoadRequest
  }

  onAnswer({ name }: LoadRequest, text: string): void {
    if (name === 'post') this.#postId = JSON.parse(text).data.id
    if (name === 'upload') this.#imageId = JSON.parse(text).data
  }

  #requests(): LoadRequest[] {
    const ok = { expected: [200] }
    const created = { expected: [201] }
    const own: LoadRequest[] =
      this.#postId === undefined
        ? []
        : [
            {
              name: 'comment',
              path: '/api/comments',
              body: { postId: this.#postId, content: '이어지는 댓글' },
              ...created,
            },
            {
              name: 'edit',
              method: 'PUT',
              path: `/api/posts/${this.#postId}`,
              body: { title: '', content: `고친 글 ${this.#turn}` },
              ...ok,
            },
            { name: 'read post', path: `/api/timeline/posts/${this.#postId}`, ...ok },
          ]
    return [
      {
        name: 'post',
        path: '/api/posts',
        body: { title: '', content: `개나리 ${this.#turn}` },
        ...created,
      },
      { name: 'feed', path: '/api/timeline/posts/followings', ...ok },
      { name: 'ranking', path: '/api/timeline/posts/most-popular', ...ok },
      { name: 'search', path: '/api/search/posts?keyword=%EA%B0%9C%EB%82%98%EB%A6%AC', ...ok },
      { name: 'profile', path: '/api/members/profile', ...ok },
      { name: 'unread', path: '/api/notifications/unread-count', ...ok },
      // Anybody may ask for the jobs; only an administrator gets them.
      { name: 'jobs', path: '/api/admin/jobs', expected: [403] },
      ...(this.#imageId === undefined
        ? []
        : [{ name: 'image', path: `/api/images/view/${this.#imageId}`, ...ok }]),
      ...own,
    ]
  }
}

function imageForm(): FormData {
  const form = new FormData()
  form.set('image', new Blob([png(40, 40)]), 'photo.png')
  return form
}

async function send(
  url: string,
  agent: Agent,
  { method, path, body, form, headers }: LoadRequest,
): Promise<{ status: number; text: string }> {
  const encoded =
    form === undefined
      ? { payload: JSON.stringify(body), type: 'application/json' }
      : await encodeForm(form)
  const { port } = new URL(url)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sending = request(
      {
        host: '127.0.0.1',
        port,
        path,
        agent,
        method: method ?? (body === undefined && form === undefined ? 'GET' : 'POST'),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        headers: {
          ...headers,
          ...(encoded.payload === undefined
            ? {}
            : {
                'content-type': encoded.type,
                'content-length': Buffer.byteLength(encoded.payload),
              }),
        },
      },
      resolve,
    )
    sending.once('error', reject)
    sending.end(encoded.payload)
  })
  return { status: answer.statusCode ?? 0, text: Buffer.concat(await answer.toArray()).toString() }
}

async function encodeForm(form: FormData): Promise<{ payload: Buffer; type: string }> {
  const encoded = new Request('http://form.test', { method: 'POST', body: form })
  return {
    payload: Buffer.from(await encoded.arrayBuffer()),
    type: encoded.headers.get('content-type') ?? '',
  }
}
