import { setTimeout as sleep } from 'node:timers/promises'

/** How long the writes of the demo data may be refused in a row before they are left to the next start. */
const PATIENCE_MILLISECONDS = 120_000
const LONGEST_PAUSE = 10_000
const REQUEST_MILLISECONDS = 30_000

interface DemoRequest {
  method: 'GET' | 'POST'
  path: string
  body?: object
  authorization?: string | undefined
  /** Makes a repeated write have one effect. */
  key?: string
  /** Codes of refusals that mean that the effect exists already. */
  accepts?: readonly string[]
}

interface DemoAnswer {
  /** Undefined after an accepted refusal. */
  data: unknown
  authorization: string | undefined
}

/** The demo data could not be completed; the message says why. */
export class DemoDataError extends Error {
  override name = 'DemoDataError'
}

/** Sends the requests of the demo data, and repeats those that may succeed later. */
export class DemoApi {
  readonly #url: string
  readonly #signal: AbortSignal
  readonly #patience: number

  constructor(url: string, signal: AbortSignal, patience: number = PATIENCE_MILLISECONDS) {
    this.#url = url
    this.#signal = signal
    this.#patience = patience
  }

  /** Throws a DemoDataError after a refusal that will not pass, or that did not pass in time. */
  async send(request: DemoRequest): Promise<DemoAnswer> {
    const startedAt = performance.now()
    for (let attempt = 1; ; attempt += 1) {
      this.#signal.throwIfAborted()
      const outcome = await this.#attempt(request)
      if ('answer' in outcome) return outcome.answer
      if (performance.now() - startedAt > this.#patience)
        throw new DemoDataError(`${outcome.reason} for ${this.#patience / 1_000} s`)
      const pause = outcome.retryAfter ?? Math.min(100 * 2 ** attempt, LONGEST_PAUSE)
      await sleep(Math.min(pause, LONGEST_PAUSE), undefined, { signal: this.#signal })
    }
  }

  async #attempt(
    request: DemoRequest,
  ): Promise<{ answer: DemoAnswer } | { reason: string; retryAfter?: number }> {
    const { method, path, accepts = [] } = request
    const response = await this.#fetch(request).catch((error: Error) => error)
    if (response instanceof Error) return { reason: `${method} ${path} had no answer` }
    const { status, headers } = response
    const body = await readBody(response)
    if (response.ok)
      return {
        answer: { data: body.data, authorization: headers.get('authorization') ?? undefined },
      }
    if (accepts.includes(body.code ?? ''))
      return { answer: { data: undefined, authorization: undefined } }
    const reason = `${method} ${path} answered ${status} (${body.message})`
    if (status !== 503 && status !== 429 && body.code !== 'IDEMPOTENCY_KEY_IN_PROGRESS')
      throw new DemoDataError(reason)
    const seconds = Number(headers.get('retry-after'))
    return { reason, ...(seconds > 0 ? { retryAfter: seconds * 1_000 } : {}) }
  }

  #fetch({ method, path, body, authorization, key }: DemoRequest): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method,
      headers: {
        'accept-language': 'en',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(authorization === undefined ? {} : { authorization }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      // A stop waits for the request in progress: the service would log that it was cut off.
      signal: AbortSignal.timeout(REQUEST_MILLISECONDS),
    })
  }
}

interface Body {
  data?: unknown
  code?: string
  message?: string
}

const readBody = (response: Response): Promise<Body> =>
  response.json().then(
    (body) => body as Body,
    () => ({}),
  )
